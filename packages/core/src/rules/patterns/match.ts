import type { Clock } from '../../clock/clock.js';
import type { Duration } from '../../clock/duration.js';
import type { Expression } from '../../expressions/expression.js';
import type { EventOccurrence, StreamHub } from '../../streams/stream-hub.js';
import { BoundedKeys, keyBound } from '../bounded-keys.js';
import type { PatternRecords } from './pattern-records.js';

/** A pattern that came true for one key; the occurrence is the event that completed it. */
export interface Match {
  readonly key: string;
  readonly occurrence: EventOccurrence;
}

/** How far a pattern has come, for a person. */
export interface PatternProgress {
  /** Of the pattern in the rule: `on[0]`, `on[0].of[1]`. */
  readonly place: string;
  /** Missing where the rule has no key. */
  readonly key?: string;
  readonly text: string;
}

/** What patterns stand on. */
export interface PatternContext {
  readonly hub: StreamHub;
  readonly clock: Clock;
  /** Number of the present boot. */
  readonly boot: number;
  /** Device time in milliseconds: what windows and pauses are measured in. */
  now(): number;
  /**
   * Milliseconds of the time since then for which others watched before these rules began, when that ended a short while
   * ago; else 0.
   * @param since device time in milliseconds, in the present boot
   */
  watchedSince(since: number): number;
  /** What the pattern at this place keeps; nothing where its span is short. */
  records(place: string, span: Duration): PatternRecords;
  /** Lets a person ask how far the pattern at this place has come; without words for a state it has come nowhere. */
  shows<State>(place: string, states: BoundedKeys<State>, inWords: (state: State) => string | undefined): void;
  /** Whether the rule has a `key`; without one all events belong to the key ''. */
  readonly isKeyed: boolean;
  /** The key of an event; undefined when there is none to be had, which the rule has counted. */
  keyOf(occurrence: EventOccurrence): string | undefined;
  /** Whether `where` holds for the event; `key` is known when the expression reads `trigger`. */
  passes(where: Expression, occurrence: EventOccurrence, key: string | undefined): boolean;
}

/**
 * State of one pattern for each key, bounded; the longest unused leaves first.
 * @param span of its window, pause or silence: so long a state is of use after its last event
 */
export function statesByKey<State>(
  context: PatternContext,
  span: Duration,
  onLeave: (state: State, key: string) => void,
): BoundedKeys<State> {
  return new BoundedKeys(
    { ...keyBound, idleMilliseconds: keyBound.idleMilliseconds + span.milliseconds },
    () => context.clock.boottime(),
    () => true,
    onLeave,
  );
}
