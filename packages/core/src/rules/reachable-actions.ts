import type { ActionRunner } from '../actions/action-runner.js';
import type { Effect } from '../actions/action.js';
import { everyStep } from '../config/every-step.js';
import type { RuleModel, StepModel } from '../config/rule-model.js';
import { stagesOf } from './stages.js';

/** Every step that a run of the rule can come to, at any depth. */
export function reachableSteps(rule: RuleModel): readonly StepModel[] {
  return everyStep([...stagesOf(rule).flatMap(({ steps }) => steps), ...rule.catch, ...rule.finally]);
}

/** The effects of an action; one whose plugin is out of service has none, because its call fails anyway. */
export function effectsOf(action: string, actions: ActionRunner): readonly Effect[] {
  try {
    return actions.effectsOf(action);
  } catch {
    return [];
  }
}

/** The first action that reboots or shuts down the machine. */
export function findDisruptiveAction(rule: RuleModel, actions: ActionRunner): string | undefined {
  for (const step of reachableSteps(rule)) {
    if (step.kind === 'do' && isDisruptive(effectsOf(step.call.action, actions))) return step.call.action;
  }
  return undefined;
}

/** Whether the steps, if none fails, come to an action that reboots or shuts down, whatever conditions turn out to be. */
export function mustDisrupt(steps: readonly StepModel[], actions: ActionRunner): boolean {
  for (const step of steps) {
    if (everyStep([step]).some(({ kind }) => kind === 'stop')) return false;
    if (step.kind === 'do' && !step.if && isDisruptive(effectsOf(step.call.action, actions))) return true;
  }
  return false;
}

export function isDisruptive(effects: readonly Effect[]): boolean {
  return effects.includes('reboot') || effects.includes('shutdown');
}
