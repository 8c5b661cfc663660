import type { JsonValue, Ledger } from '../../ledger/ledger.js';
import type { FiringRecord } from '../firing.js';
import type { RunOutcome } from '../trace.js';
import type { StepProgress } from './run-progress.js';

/** What a run is about: its steps, `catch`, its life until an `until` event, giving up after an abort, or `finally`. */
export type RunPhase = 'steps' | 'catch' | 'lasting' | 'aborted' | 'finally';

/** A failure as `error` in `catch` shows it. */
export interface RunFailure {
  readonly code: string;
  readonly message: string;
  readonly step: string;
}

/** A run that is not over. Times are device time in milliseconds. */
export interface RunRecord {
  /** Of its instance. */
  readonly key: string;
  readonly firing: FiringRecord;
  /** Number of the boot in which the run began, or in which its firing came, if that had to wait. */
  readonly boot: number;
  readonly startedAt: number;
  readonly phase: RunPhase;
  /** What the steps came to, once they are over. */
  readonly outcome?: RunOutcome;
  readonly failure?: RunFailure;
  /** Outputs by their name under `as`, as typed JSON. */
  readonly outputs: { readonly [name: string]: JsonValue };
  /** By the path of the step. */
  readonly progress: { readonly [path: string]: StepProgress };
  /** The reboot or shutdown that it came to last was refused for a reason that passes. */
  readonly putOff?: true;
  /** No step is at work: set while a run waits for its first one and by an orderly stop, until an action is called. */
  readonly parked?: true;
}

/** The runs of one rule that are on record, by their id. */
export class RunRecords {
  constructor(
    private readonly ledger: Ledger,
    private readonly scope: string,
  ) {}

  all(): readonly (readonly [id: string, record: RunRecord])[] {
    return [...this.ledger.entries(this.scope)].map(([id, record]) => [id, record as unknown as RunRecord]);
  }

  write(id: string, record: RunRecord): void {
    this.ledger.write(this.scope, id, record as unknown as JsonValue);
  }

  remove(id: string): void {
    if (this.ledger.read(this.scope, id) !== undefined) this.ledger.remove(this.scope, id);
  }
}
