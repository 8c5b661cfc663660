import type { Clock, Timer } from '../clock/clock.js';
import type { RuleState, RuleStatus } from './rule-status.js';
import type { RunOutcome } from './trace.js';

/** A rule, or one of its keys, came to stand otherwise, or a run of it has ended. */
export interface RuleTransition {
  readonly rule: string;
  /** Missing for the rule as a whole. */
  readonly key?: string;
  readonly from: RuleState;
  /** Equal to `from` where a run ended and another one goes on. */
  readonly to: RuleState;
  /** Why it stands so, in words. */
  readonly detail: string;
  /** How the run ended whose end this is. */
  readonly outcome?: RunOutcome;
  /** Whether the rule listens to the stream `rule` itself. */
  readonly watchesRules: boolean;
}

/** What a transition tells beside the name of what it is about. */
export type StandingChange = Pick<RuleTransition, 'from' | 'to' | 'detail' | 'outcome'>;

/** How a rule, or one of its keys, stands and since when; tells each change once. */
export class RuleStanding {
  #state: RuleState;
  #since: number;
  #outcome: RunOutcome | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(
    private readonly clock: Clock,
    initial: RuleState,
    private readonly tell: (change: StandingChange) => void,
  ) {
    this.#state = initial;
    this.#since = clock.boottime();
  }

  /** Boottime in milliseconds since when it stands so; a state that it was not seen in before begins now. */
  sinceOf(state: RuleState): number {
    return state === this.#state ? this.#since : this.clock.boottime();
  }

  /** A run has ended: the next update tells it, with what the rule came to by it. */
  ended(outcome: RunOutcome): void {
    this.#outcome = outcome;
  }

  update({ state, detail }: Pick<RuleStatus, 'state' | 'detail'>): void {
    const from = this.#state;
    const outcome = this.#outcome;
    this.#outcome = undefined;
    if (state !== from) {
      this.#state = state;
      this.#since = this.clock.boottime();
    }
    if (this.#isClosed || (state === from && outcome === undefined)) return;
    const change = { from, to: state, detail };
    this.tell(outcome === undefined ? change : Object.assign(change, { outcome }));
  }

  /**
   * Calls back after `delay` milliseconds, when the state may have passed of which nothing else tells the end. In whole
   * milliseconds: what rounding leaves of a limit would let no time pass.
   */
  lookAgain(delay: number, look: () => void): void {
    if (this.#isClosed) return;
    this.#timer ??= this.clock.schedule(
      Math.max(1, Math.ceil(delay)),
      () => {
        this.#timer = undefined;
        look();
      },
      'end of a limit',
    );
  }

  /** It reports nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }
}
