import type { JsonValue } from '../../ledger/ledger.js';
import type { FiringRecord } from '../firing.js';
import type { RuleRuntime } from '../rule-runtime.js';
import type { RunOutcome } from '../trace.js';
import type { StepProgress } from './run-progress.js';

/** What a run is about: its steps, `catch`, its life until an `until` event, or `finally`. */
export type RunPhase = 'steps' | 'catch' | 'lasting' | 'finally';

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
  /** Number of the boot in which the run began. */
  readonly boot: number;
  readonly startedAt: number;
  readonly phase: RunPhase;
  /** What the steps came to, once they are over. */
  readonly outcome?: RunOutcome;
  readonly failure?: RunFailure;
  /** Outputs by their name under `as`, as typed JSON; secrets are sealed. */
  readonly outputs: { readonly [name: string]: JsonValue };
  /** By the path of the step. */
  readonly progress: { readonly [path: string]: StepProgress };
  /** Set by an orderly stop: no step was at work. */
  readonly parked?: true;
}

/** The runs of one rule that are on record, by their id. */
export class RunRecords {
  constructor(
    private readonly runtime: Pick<RuleRuntime, 'ledger' | 'seal'>,
    private readonly scope: string,
  ) {}

  all(): readonly (readonly [id: string, record: RunRecord])[] {
    const { ledger, seal } = this.runtime;
    return [...ledger.entries(this.scope)].map(([id, json]) => {
      const record = json as unknown as RunRecord;
      return [id, { ...record, key: seal.openKey(record.key) }];
    });
  }

  write(id: string, record: RunRecord): void {
    const { ledger, seal } = this.runtime;
    ledger.write(this.scope, id, { ...record, key: seal.sealText(record.key) } as unknown as JsonValue);
  }

  remove(id: string): void {
    const { ledger } = this.runtime;
    if (ledger.read(this.scope, id) !== undefined) ledger.remove(this.scope, id);
  }
}
