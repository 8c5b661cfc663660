import type { JsonValue, Ledger } from '../ledger/ledger.js';
import type { Stopwatch } from './stopwatch.js';

/** The present episode of a level: the time from its start to its end. Times are device time in milliseconds. */
export interface EpisodeRecord {
  readonly startedAt: number;
  /** Counts towards `for` and the rungs; stands still while a stream that the condition reads is lost. */
  readonly elapsed: Stopwatch;
  /** Runs while the condition is false but the episode is not over yet, because of `reset-after`. */
  readonly recovery?: Stopwatch;
  /** Indexes of the stages (the one of `for`, or the rungs) that fired. */
  readonly fired: readonly number[];
}

/** A run whose steps succeeded and that lasts until an `until` event ends it. */
interface LastingRunRecord {
  readonly run: string;
  readonly cause: string;
  readonly trigger: JsonValue;
  readonly outputs: { readonly [name: string]: JsonValue };
}

/** All that one instance of a rule has to remember. It is plain JSON, so that a durable ledger restores it as it is. */
interface InstanceRecord {
  readonly episode?: EpisodeRecord;
  /** Device times of the starts that `limit` still has to know, oldest first; one list for each limit of the rule. */
  readonly starts?: Readonly<Record<string, readonly number[]>>;
  /** Set by `limit.then: disable`. */
  readonly disabled?: boolean;
  readonly lasting?: readonly LastingRunRecord[];
  /** Device time of the last write: a later one at restoring tells how long nobody watched. */
  readonly seenAt?: number;
}

/** The records of one rule in the ledger: the scope is the rule's meaning, the key is the instance's. */
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
    const record = { ...this.read(key), ...change, seenAt: this.ledger.deviceTime() };
    const said = Object.entries(record).filter(([, value]) => value !== undefined);
    if (said.length === 1) this.ledger.remove(this.scope, key);
    else this.ledger.write(this.scope, key, Object.fromEntries(said) as unknown as JsonValue);
  }

  forgetAll(): void {
    for (const key of this.keys()) this.ledger.remove(this.scope, key);
  }
}
