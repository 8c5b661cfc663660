import type { Observable, Subscription } from 'rxjs';
import type { FieldPath } from '../schemas/field-set.js';
import type { Reading } from './reading.js';
import type { StreamIdentity, StreamReference } from './stream-identity.js';

export type { StreamReference };

/** A reference with the values that the event's match fields must equal. */
export interface EventSelector extends StreamReference {
  readonly match: Readonly<Record<string, unknown>>;
}

/** One event as it was delivered. */
export interface EventOccurrence {
  readonly stream: string;
  /** The payload, by the stream's schema. */
  readonly event: unknown;
  /** Boottime in milliseconds at delivery. */
  readonly at: number;
}

/** A shared state stream with all its fields; it is open as long as `changes` has a subscriber. */
export interface StateSource<Value = unknown> {
  /** The latest reading; `lost` with reason "not read yet" before the first. */
  readonly reading: Reading<Value>;
  /** The reading with its value taken at this instant where the stream can sample. */
  sample(): Reading<Value>;
  /** The present reading at once, then each change. Never errors, never completes before the hub closes. */
  readonly changes: Observable<Reading<Value>>;
  /**
   * The same stream for somebody who reads these fields only: `device.only(['load'], ['memory', 'available'])`. A stream that
   * costs something for each field is spared the others; what they hold is not to be relied on. Its reading is `lost` with
   * reason "not read yet" until these fields have been read. Without any, it is the stream with all its fields.
   */
  only(...fields: readonly FieldPath[]): StateSource<Value>;
}

/** What `status` shows of one open stream. */
export interface StreamStatus {
  readonly stream: string;
  readonly parameters: unknown;
  readonly kind: 'event' | 'state';
  readonly subscribers: number;
  readonly reading?: Reading;
  /** Events delivered, and events dropped because a bounded queue was full. */
  readonly events: number;
  readonly dropped: number;
  readonly restarts: number;
  readonly fault?: string;
}

/**
 * Hands out streams by name: equal parameters are shared and reference-counted, faults are attributed and restarted with
 * backoff, events are dispatched through an index on their match fields. Plugins get it by constructor injection.
 */
export abstract class StreamHub {
  /** Opens nothing yet: see {@link StateSource}. @throws DeviceError `STREAM_UNKNOWN`, `STREAM_KIND_WRONG` */
  abstract state(reference: StreamReference): StateSource;

  /**
   * Calls back for each event that equals the selector's match values; a listener that throws disturbs no other. Unsubscribe to
   * leave. @throws DeviceError `STREAM_UNKNOWN`, `STREAM_KIND_WRONG`
   */
  abstract listen(selector: EventSelector, listener: (occurrence: EventOccurrence) => void): Subscription;

  /**
   * After a gap in which the process did not run: reads every open state stream again and lets event streams deliver what
   * waited for them. A state that cannot be read within 10 s is `lost` from then on. Never rejects.
   */
  abstract catchUp(): Promise<void>;

  /** Names a stream for a person; also one that is not open, or is not there. */
  abstract identify(reference: StreamReference): StreamIdentity;

  /** What is open now. */
  abstract status(): readonly StreamStatus[];
}
