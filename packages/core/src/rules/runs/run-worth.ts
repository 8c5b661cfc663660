import type { ActionRunner } from '../../actions/action-runner.js';
import type { Effect } from '../../actions/action.js';
import type { RuleModel, StepModel } from '../../config/rule-model.js';
import { stagesOf } from '../stages.js';

const lastingEffects: ReadonlySet<Effect> = new Set<Effect>(['notify', 'reboot', 'shutdown']);

/**
 * Whether the runs of a rule are kept on record: they wait, notify, reboot or shut down, last until an event, or have
 * something to do at their end. All others are over at once, and writing them down would only wear out the disk.
 */
export function areRunsRecorded(rule: RuleModel, actions: ActionRunner): boolean {
  if (rule.shadow) return false;
  if (rule.until.length > 0 || rule.finally.length > 0) return true;
  const steps = [...stagesOf(rule).map(({ steps }) => steps), rule.catch].flat();
  return steps.some((step) => isWorthRecording(step, actions));
}

function isWorthRecording(step: StepModel, actions: ActionRunner): boolean {
  const isAnyWorth = (steps: readonly StepModel[]): boolean => steps.some((inner) => isWorthRecording(inner, actions));
  switch (step.kind) {
    case 'wait':
      return true;
    case 'do':
      return effectsOf(step.call.action, actions).some((effect) => lastingEffects.has(effect));
    case 'choose':
      return step.branches.some(({ steps }) => isAnyWorth(steps)) || isAnyWorth(step.otherwise);
    case 'parallel':
      return step.branches.some(isAnyWorth);
    case 'repeat':
      return isAnyWorth(step.steps);
    case 'stop':
    case 'emit':
      return false;
  }
}

/** An action whose plugin is out of service has none: its call fails anyway. */
function effectsOf(action: string, actions: ActionRunner): readonly Effect[] {
  try {
    return actions.effectsOf(action);
  } catch {
    return [];
  }
}
