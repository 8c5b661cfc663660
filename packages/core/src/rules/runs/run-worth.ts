import type { ActionRunner } from '../../actions/action-runner.js';
import type { Effect } from '../../actions/action.js';
import type { RuleModel } from '../../config/rule-model.js';
import { effectsOf, reachableSteps } from '../reachable-actions.js';

const lastingEffects: ReadonlySet<Effect> = new Set<Effect>(['notify', 'reboot', 'shutdown']);

/**
 * Whether the runs of a rule are kept on record: they wait, notify, reboot or shut down, last until an event, or have
 * something to do at their end. All others are over at once, and writing them down would only wear out the disk.
 */
export function areRunsRecorded(rule: RuleModel, actions: ActionRunner): boolean {
  if (rule.shadow) return false;
  if (rule.until.length > 0 || rule.finally.length > 0) return true;
  return reachableSteps(rule).some(
    (step) =>
      step.kind === 'wait' ||
      (step.kind === 'do' && effectsOf(step.call.action, actions).some((effect) => lastingEffects.has(effect))),
  );
}
