import type { Logger } from '../diagnostics/logger.js';
import type { Reading } from './reading.js';
import type { EventOccurrence } from './stream-hub.js';
import type { StreamIdentity } from './stream-identity.js';

/** Hears what the streams of a hub tell, for the record of what led to what. It must be quick. */
export interface StreamObserver {
  /** An event that concerns at least one listener, before these hear of it. */
  event(source: StreamIdentity, occurrence: EventOccurrence): void;
  /** A reading whose value or quality changed, before its followers hear of it. */
  reading(source: StreamIdentity, reading: Reading, previous: Reading): void;
}

/** Tells each of several observers. One that throws is at fault alone; the log says so once. */
export class StreamObservers implements StreamObserver {
  readonly #faulty = new Set<StreamObserver>();

  constructor(
    private readonly observers: readonly StreamObserver[],
    private readonly log: Logger,
  ) {}

  event(source: StreamIdentity, occurrence: EventOccurrence): void {
    this.#each((observer) => observer.event(source, occurrence));
  }

  reading(source: StreamIdentity, reading: Reading, previous: Reading): void {
    this.#each((observer) => observer.reading(source, reading, previous));
  }

  #each(tell: (observer: StreamObserver) => void): void {
    for (const observer of this.observers) {
      try {
        tell(observer);
      } catch (error) {
        if (this.#faulty.has(observer)) continue;
        this.#faulty.add(observer);
        const reason = error instanceof Error ? error.message : String(error);
        this.log.error(`An observer of the streams (${observer.constructor.name}) failed: ${reason}`);
      }
    }
  }
}
