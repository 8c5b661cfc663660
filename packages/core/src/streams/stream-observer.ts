import type { Reading } from './reading.js';
import type { EventOccurrence } from './stream-hub.js';

/** Hears what the streams of a hub tell, for the record of what led to what. It must be quick, and must not throw. */
export interface StreamObserver {
  /** An event that concerns at least one listener, before these hear of it. */
  event(occurrence: EventOccurrence): void;
  /** A reading whose value or quality changed, before its followers hear of it. */
  reading(stream: string, reading: Reading, previous: Reading): void;
}
