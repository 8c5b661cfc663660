import type { JsonValue, Ledger } from '../ledger/ledger.js';
import type { FiringRecord } from './firing.js';
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
  /** Those of them whose reboot or shutdown was refused for a reason that passes: they fire once more. */
  readonly putOff?: readonly number[];
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
    private readonly ledger: Ledger,
    private readonly scope: string,
  ) {}

  read(key: string): InstanceRecord {
    return (this.ledger.read(this.scope, key) ?? {}) as InstanceRecord;
  }

  keys(): readonly string[] {
    return [...this.ledger.entries(this.scope).keys()];
  }

  /** Changes some fields; undefined removes one. A record that says nothing any more is removed. */
  update(key: string, change: { readonly [Field in keyof InstanceRecord]?: InstanceRecord[Field] | undefined }): void {
    const said = Object.entries({ ...this.read(key), ...change }).filter(([, value]) => value !== undefined);
    if (said.length > 0) this.ledger.write(this.scope, key, Object.fromEntries(said) as unknown as JsonValue);
    else if (this.ledger.read(this.scope, key) !== undefined) this.ledger.remove(this.scope, key);
  }
}
