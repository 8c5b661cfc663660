import type { JsonValue } from '../ledger/ledger.js';
import type { FiringRecord } from './firing.js';
import type { RuleRuntime } from './rule-runtime.js';
import type { Stopwatch } from './stopwatch.js';

/** The present episode of a level: the time from its start to its end. Times are device time in milliseconds. */
export interface EpisodeRecord {
  /** Number of the boot that it belongs to. */
  readonly boot: number;
  readonly startedAt: number;
  /** Counts towards `for` and the rungs; stands still while a stream that the condition reads is lost. */
  readonly elapsed: Stopwatch;
  /** Runs while the condition is false but the episode is not over yet, because of `reset-after`. */
  readonly recovery?: Stopwatch;
  /** Indexes of the stages (the one of `for`, or the rungs) that fired. */
  readonly fired: readonly number[];
}

/** All that one instance of a rule has to remember besides its runs. It is plain JSON, so that the ledger restores it as it is. */
interface InstanceRecord {
  readonly episode?: EpisodeRecord;
  /** Device time at which the episode was written: it was watched at least until then. */
  readonly episodeSeenAt?: number;
  /** Device times of the starts that `limit` still has to know, oldest first; one list for each limit of the rule. */
  readonly starts?: Readonly<Record<string, readonly number[]>>;
  /** Set by `limit.then: disable`. */
  readonly disabled?: boolean;
  /** What waits in mode `queued`, the oldest first. */
  readonly queue?: readonly FiringRecord[];
}

/** The records of one rule's instances by their key. */
export class InstanceRecords {
  constructor(
    private readonly runtime: Pick<RuleRuntime, 'ledger' | 'seal'>,
    private readonly scope: string,
  ) {}

  read(key: string): InstanceRecord {
    return (this.runtime.ledger.read(this.scope, this.#sealed(key)) ?? {}) as InstanceRecord;
  }

  keys(): readonly string[] {
    const { ledger, seal } = this.runtime;
    return [...ledger.entries(this.scope).keys()].map((key) => seal.openKey(key));
  }

  /** Changes some fields; undefined removes one. A record that says nothing any more is removed. */
  update(key: string, change: { readonly [Field in keyof InstanceRecord]?: InstanceRecord[Field] | undefined }): void {
    const { ledger } = this.runtime;
    const sealed = this.#sealed(key);
    const said = Object.entries({ ...this.read(key), ...change }).filter(([, value]) => value !== undefined);
    if (said.length > 0) ledger.write(this.scope, sealed, Object.fromEntries(said) as unknown as JsonValue);
    else if (ledger.read(this.scope, sealed) !== undefined) ledger.remove(this.scope, sealed);
  }

  /** A key may be made of an event that holds a secret. */
  #sealed(key: string): string {
    return this.runtime.seal.sealText(key);
  }
}
