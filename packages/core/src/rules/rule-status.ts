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
  /** Milliseconds for which the condition has held in the present episode, lost streams left out; `when` and `while` only. */
  readonly heldFor?: number;
  /** Milliseconds until `for` or the next rung is due, if the condition goes on to hold. */
  readonly firesIn?: number;
  /** Milliseconds until the limit that blocked the last firing lets a run start. */
  readonly allowedIn?: number;
  /** What the runs in progress wait for: the step, and the milliseconds until the wait ends or times out. */
  readonly waitingFor?: readonly { readonly run: string; readonly step: string; readonly endsIn?: number }[];
}
