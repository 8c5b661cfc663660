import type { Refusal, RunOutcome } from './trace.js';

export type RuleState = 'idle' | 'holding' | 'running' | 'limited' | 'faulted' | 'disabled' | 'paused';

/** How a rule stands; a rule with a `key` has one more for each of its instances. */
export interface RuleStatus {
  readonly rule: string;
  readonly key?: string;
  readonly state: RuleState;
  /** Why it is so, in words. */
  readonly detail: string;
  /** Boottime in milliseconds since when the state is what it is. */
  readonly since: number;
  /** Runs since the engine started. */
  readonly runs: number;
  readonly lastOutcome?: RunOutcome;
  /** How often it did not run although something asked for it, by reason. */
  readonly refusals: Readonly<Partial<Record<Refusal['reason'], number>>>;
  readonly lastRefusal?: Refusal;
}
