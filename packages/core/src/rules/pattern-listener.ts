import type { Subscription } from 'rxjs';
import type { Timer } from '../clock/clock.js';
import type { Duration } from '../clock/duration.js';
import type { EventPattern, PatternModel, RuleModel } from '../config/rule-model.js';
import type { EventOccurrence } from '../streams/stream-hub.js';
import type { Match, PatternContext, PatternProgress } from './patterns/match.js';
import type { ByteBudget } from './byte-budget.js';
import type { BoundedKeys } from './bounded-keys.js';
import type { CatchUp } from './catch-up.js';
import { patternRecords, type PatternRecords } from './patterns/pattern-records.js';
import { matchesOf } from './patterns/pattern.js';
import { shortGap } from './episode-memory.js';
import type { RuleRuntime } from './rule-runtime.js';
import { ruleScope } from './rule-scope.js';
import type { RuleStates } from './rule-states.js';
import type { Refusal } from './trace.js';
import { truthOf, type Truth } from './truth.js';

/** Characters. A thousand keys of each rule are in memory, on record and in the log. */
const longestKey = 1_000;

interface PatternListenerOptions {
  readonly rule: RuleModel;
  readonly runtime: RuleRuntime;
  readonly catchUp: CatchUp;
  readonly states: RuleStates;
  /** A part of the rule (`where of on`, `key`) failed, or, with undefined, evaluates again. */
  readonly fault: (part: string, error: unknown) => void;
  /** `on` or `until`: named in faults. */
  readonly part: 'on' | 'until';
  /** What `trigger` means for an event of this key. */
  readonly triggerOf: (occurrence: EventOccurrence, key: string) => unknown;
  readonly refused: (reason: Refusal['reason'], detail: string, occurrence: EventOccurrence) => void;
}

/** Evaluates what the patterns of `on` and `until` read of an event. */
export class PatternListener implements PatternContext {
  readonly rule: string;
  readonly hub;
  readonly clock;
  readonly boot: number;
  readonly isKeyed: boolean;
  readonly gaps;
  readonly #shown: (() => readonly PatternProgress[])[] = [];

  constructor(private readonly options: PatternListenerOptions) {
    this.rule = options.rule.name;
    this.hub = options.runtime.streams;
    this.clock = options.runtime.clock;
    this.boot = options.runtime.ledger.boots.at(-1)!.number;
    this.isKeyed = options.rule.key !== undefined;
    this.gaps = options.catchUp.gaps;
  }

  shows<State>(place: string, states: BoundedKeys<State>, inWords: (state: State) => string | undefined): void {
    this.#shown.push(() =>
      states.entries().flatMap(([key, state]) => {
        const text = inWords(state);
        return text === undefined ? [] : [{ place, ...(key !== '' && { key }), text }];
      }),
    );
  }

  /** How far the patterns have come that have begun. */
  progress(): readonly PatternProgress[] {
    return this.#shown.flatMap((show) => show());
  }

  now(): number {
    return this.options.runtime.ledger.deviceTime();
  }

  earliest(): number {
    return this.options.catchUp.gap?.from ?? this.now();
  }

  watchedSince(since: number, watchedUntil = this.options.runtime.watchedUntil ?? 0): number {
    const end = Math.max(since, watchedUntil);
    return this.now() - end < shortGap.milliseconds ? end - since : 0;
  }

  schedule(delay: number, callback: () => void, name: string): Timer {
    return this.options.catchUp.schedule(delay, callback, name);
  }

  whenDecidable(callback: () => void): void {
    this.options.states.whenReady(callback);
  }

  get memory(): ByteBudget {
    return this.options.runtime.memory.runs;
  }

  noMemory(occurrence: EventOccurrence): void {
    this.options.refused('memory', 'the events of all rules take as much memory as they may', occurrence);
  }

  records(place: string, span: Duration): PatternRecords {
    const { rule, runtime } = this.options;
    return patternRecords(runtime.ledger, ruleScope('patterns', rule), place, span);
  }

  /** With the parameters of its streams, which tell several of one name apart. */
  inWords(pattern: PatternModel): string {
    return describePattern(pattern, ({ selector }) => this.hub.identify(selector).text);
  }

  /** @param index of the pattern in its part of the rule */
  listen(pattern: PatternModel, index: number, onMatch: (match: Match) => void): Subscription {
    const { fault, part } = this.options;
    return matchesOf(pattern, this, `${part}[${index}]`).subscribe({
      next: (match) => {
        try {
          onMatch(match);
        } catch (error) {
          fault(part, error);
        }
      },
      error: (error: unknown) => fault(part, error),
    });
  }

  /** An event that `if` rules out needs no key, so that `key` may name what only the wanted events have. */
  keyOf(occurrence: EventOccurrence): string | undefined {
    const { rule, fault, refused } = this.options;
    if (!rule.key) return '';
    try {
      const value = rule.key.evaluate(this.#bindings(rule.key, occurrence, occurrence.event));
      fault('key', undefined);
      const key = typeof value === 'string' ? value : JSON.stringify(value);
      if (key.length <= longestKey) return key;
      refused('key-limit', `its key has ${key.length} characters, and may have ${longestKey}`, occurrence);
      return undefined;
    } catch (error) {
      const isWanted = !rule.condition || this.test(rule.condition, occurrence).is !== 'false';
      if (isWanted) fault('key', error);
      refused(
        isWanted ? 'faulted' : 'condition',
        isWanted ? 'its key failed to evaluate' : 'its if is false',
        occurrence,
      );
      return undefined;
    }
  }

  passes(where: NonNullable<RuleModel['condition']>, occurrence: EventOccurrence, key: string | undefined): boolean {
    const { fault, part, refused, triggerOf } = this.options;
    // It compares with the run of its key, and there is none.
    if (key !== undefined && triggerOf(occurrence, key) === undefined) return false;
    const truth = this.test(where, occurrence, key);
    fault(`where of ${part}`, truth.is === 'faulted' ? truth.error : undefined);
    if (truth.is === 'faulted') refused('faulted', 'its where failed to evaluate', occurrence);
    if (truth.is === 'lost') refused('condition', truth.detail, occurrence);
    return truth.is === 'true';
  }

  test(condition: NonNullable<RuleModel['condition']>, occurrence: EventOccurrence, key?: string): Truth {
    const trigger = key === undefined ? occurrence.event : this.options.triggerOf(occurrence, key);
    return truthOf(condition, () => this.#bindings(condition, occurrence, trigger));
  }

  #bindings(
    { dependencies }: { readonly dependencies: ReadonlySet<string> },
    { event }: EventOccurrence,
    trigger: unknown,
  ): Record<string, unknown> {
    const { states, runtime } = this.options;
    return Object.assign(states.bindings(dependencies), { secrets: runtime.secrets, event, trigger });
  }
}

/**
 * A pattern in words, as the cause of a run.
 * @param ofEvent words for the events in it
 */
export function describePattern(pattern: PatternModel, ofEvent: (pattern: EventPattern) => string): string {
  const inner = (part: PatternModel): string => describePattern(part, ofEvent);
  switch (pattern.kind) {
    case 'event':
      return ofEvent(pattern);
    case 'count':
      return `${pattern.n} of (${inner(pattern.of)}) within ${pattern.within}`;
    case 'all':
      return `all of (${pattern.of.map(inner).join(', ')}) within ${pattern.within}`;
    case 'sequence':
      return `sequence of (${pattern.of.map(inner).join(', ')}) within ${pattern.within}`;
    case 'absence':
      return `no (${inner(pattern.of)}) for ${pattern.within}`;
  }
}
