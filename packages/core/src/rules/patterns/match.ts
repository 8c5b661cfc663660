import type { Observable } from 'rxjs';
import type { Clock, Gap, Timer } from '../../clock/clock.js';
import type { Duration } from '../../clock/duration.js';
import type { Expression } from '../../expressions/expression.js';
import type { EventOccurrence, StreamHub } from '../../streams/stream-hub.js';
import type { ByteBudget } from '../byte-budget.js';
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
  /** Name of the rule that listens. */
  readonly rule: string;
  readonly hub: StreamHub;
  readonly clock: Clock;
  /** Number of the present boot. */
  readonly boot: number;
  /** Device time in milliseconds: what windows and pauses are measured in. */
  now(): number;
  /** Device time at which the event at hand may have happened: after a gap it may have waited all that time. */
  earliest(): number;
  /**
   * Milliseconds of the time since then that were watched, when the watching ended a short while ago; else 0.
   * @param since device time in milliseconds, in the present boot
   * @param watchedUntil device time; default: until when others watched before these rules began
   */
  watchedSince(since: number, watchedUntil?: number): number;
  /** Each stretch of device time in which nobody watched. */
  readonly gaps: Observable<Gap>;
  /** Calls back after `delay` milliseconds, and not before what waited in a gap was delivered. */
  schedule(delay: number, callback: () => void, name: string): Timer;
  /** Calls back when the states that a condition reads may be decided on. */
  whenDecidable(callback: () => void): void;
  /** What the pattern at this place keeps; nothing where its span is short. */
  records(place: string, span: Duration): PatternRecords;
  /** Lets a person ask how far the pattern at this place has come; without words for a state it has come nowhere. */
  shows<State>(place: string, states: BoundedKeys<State>, inWords: (state: State) => string | undefined): void;
  /** Whether the rule has a `key`; without one all events belong to the key ''. */
  readonly isKeyed: boolean;
  /** The key of an event; undefined when there is none to be had, which the rule has counted. */
  keyOf(occurrence: EventOccurrence): string | undefined;
  /** What the events of all rules may take in memory. */
  readonly memory: ByteBudget;
  /** Counts an event that there was no memory for. */
  noMemory(occurrence: EventOccurrence): void;
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
