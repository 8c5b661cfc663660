import type { RuleModel } from '../config/rule-model.js';
import { describeTrouble } from './hold-trouble.js';
import type { RuleInstance } from './rule-instance.js';
import type { RuleStatus } from './rule-status.js';

type Standing = Pick<RuleStatus, 'state' | 'detail'>;
type Times = Pick<RuleStatus, 'heldFor' | 'firesIn' | 'allowedIn' | 'waitingFor'>;

/** What a rule's state follows from. */
interface RuleParts {
  readonly model: RuleModel;
  readonly faulted: string | undefined;
  readonly instances: readonly RuleInstance[];
  /** How the condition stands, of a rule that has one. */
  readonly level: (Standing & Times) | undefined;
}

/** How the rule stands, and why. */
export function standingOf({ model, faulted, instances, level }: RuleParts): Standing {
  if (!model.enabled) return { state: 'disabled', detail: 'enabled is false' };
  if (faulted !== undefined) return { state: 'faulted', detail: faulted };
  if (instances.some((instance) => instance.isRunning)) return { state: 'running', detail: 'a run is in progress' };
  if (!model.key && instances.some(({ limits }) => limits.isDisabled)) {
    return { state: 'disabled', detail: 'its limit was reached' };
  }
  if (level?.state === 'holding') {
    const trouble = instances.map((instance) => instance.holdTrouble).find((found) => found);
    if (trouble) return { state: 'holding', detail: describeTrouble(trouble) };
  }
  if (level && level.state !== 'idle') return { state: level.state, detail: level.detail };
  if (instances.some((instance) => instance.isLasting)) return { state: 'holding', detail: 'it waits for until' };
  const limited = model.key ? undefined : instances.find(({ limits }) => limits.inForce)?.limits.inForce;
  if (limited) return { state: 'limited', detail: limited.detail };
  return level ?? { state: 'idle', detail: 'it waits for its event' };
}

/** What the rule waits for, and for how long still. */
export function timesOf({ model, instances, level }: RuleParts): Times {
  const waitingFor = instances.flatMap((instance) => instance.waits);
  const allowedIn = model.key ? undefined : instances.find((instance) => instance.allowedIn !== undefined)?.allowedIn;
  return {
    ...(allowedIn !== undefined && { allowedIn }),
    ...level,
    ...(waitingFor.length > 0 && { waitingFor }),
  };
}
