import type { Clock } from '../../clock/clock.js';
import type { Expression } from '../../expressions/expression.js';
import type { EventOccurrence, StreamHub } from '../../streams/stream-hub.js';
import { BoundedKeys, keyBound } from '../bounded-keys.js';

/** A pattern that came true for one key; the occurrence is the event that completed it. */
export interface Match {
  readonly key: string;
  readonly occurrence: EventOccurrence;
}

/** What patterns stand on. */
export interface PatternContext {
  readonly hub: StreamHub;
  readonly clock: Clock;
  /** Whether the rule has a `key`; without one all events belong to the key ''. */
  readonly isKeyed: boolean;
  /** The key of an event; undefined when there is none to be had, which the rule has counted. */
  keyOf(occurrence: EventOccurrence): string | undefined;
  /** Whether `where` holds for the event; `key` is known when the expression reads `trigger`. */
  passes(where: Expression, occurrence: EventOccurrence, key: string | undefined): boolean;
}

/** State of one pattern for each key, bounded; the longest unused leaves first. */
export function statesByKey<State>(context: PatternContext, onLeave: (state: State) => void): BoundedKeys<State> {
  return new BoundedKeys(
    keyBound,
    () => context.clock.boottime(),
    () => true,
    onLeave,
  );
}
