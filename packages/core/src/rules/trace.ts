/** `parked`: the engine stopped while the run only waited; it goes on under the same id when the engine starts again. */
export type RunOutcome = 'succeeded' | 'failed' | 'stopped' | 'aborted' | 'timed-out' | 'shadowed' | 'parked';

export interface StepTrace {
  /** Place within the rule: `then[0]`. */
  readonly path: string;
  /** `do log`, `wait`, `choose` … */
  readonly step: string;
  /** Boottime in milliseconds. */
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly outcome: 'succeeded' | 'failed' | 'skipped' | 'shadowed' | 'running';
  readonly attempts?: number;
  /** Cut where it is large; the cut says so. */
  readonly input?: unknown;
  readonly output?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** One execution of a rule's steps. */
export interface RunTrace {
  readonly id: string;
  readonly rule: string;
  readonly key?: string;
  /** What started it, in words: `when true for 10m`, `event custom`. */
  readonly cause: string;
  readonly startedAt: number;
  /** The run began under a former engine; this trace shows it from where it goes on. */
  readonly resumed?: true;
  readonly endedAt?: number;
  readonly outcome?: RunOutcome;
  readonly steps: readonly StepTrace[];
  /** About so many bytes of memory. */
  readonly size: number;
  /** How many steps, and inputs, outputs and messages of others, there was no room for. */
  readonly leftOut?: { readonly steps: number; readonly values: number };
}

/** Why a rule did not run although something asked for it. */
export interface Refusal {
  readonly rule: string;
  readonly key?: string;
  readonly at: number;
  readonly reason:
    'limit' | 'cooldown' | 'mode' | 'condition' | 'disabled' | 'key-limit' | 'faulted' | 'put-off' | 'memory';
  readonly detail: string;
}
