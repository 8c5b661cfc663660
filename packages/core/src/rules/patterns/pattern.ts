import { Observable } from 'rxjs';
import { isHeardBy } from '../../builtin/rule-events.js';
import type { EventPattern, PatternModel } from '../../config/rule-model.js';
import { absenceEachKey } from './absence.js';
import { allEachKey } from './all.js';
import { countEachKey } from './count.js';
import { debounceEachKey } from './debounce.js';
import type { EventOccurrence } from '../../streams/stream-hub.js';
import type { Match, PatternContext } from './match.js';
import { sequenceEachKey } from './sequence.js';
import { throttleEachKey } from './throttle.js';

/**
 * What one entry of `on` or `until` tells, from subscription to unsubscription.
 * @param place of the pattern in the rule, such as `on[0]`
 */
export function matchesOf(pattern: PatternModel, context: PatternContext, place: string): Observable<Match> {
  const part = (of: PatternModel, index: number): Observable<Match> => matchesOf(of, context, `${place}.of[${index}]`);
  switch (pattern.kind) {
    case 'event':
      return eventMatches(pattern, context, place);
    case 'count':
      return part(pattern.of, 0).pipe(countEachKey(context, place, pattern.n, pattern.within));
    case 'all':
      return allEachKey(context, place, pattern.of.map(part), pattern.within);
    case 'sequence':
      return sequenceEachKey(context, place, pattern.of.map(part), pattern.within);
    case 'absence':
      return part(pattern.of, 0).pipe(absenceEachKey(context, place, pattern.within, streamsOf(pattern.of)[0]!));
  }
}

function eventMatches(pattern: EventPattern, context: PatternContext, place: string): Observable<Match> {
  const { selector, where, debounce, throttle } = pattern;
  const needsKey = where?.dependencies.has('trigger') === true;
  let matches = new Observable<Match>((subscriber) => {
    const decide = (occurrence: EventOccurrence): void => {
      if (subscriber.closed) return;
      if (where && !needsKey && !context.passes(where, occurrence, undefined)) return;
      const key = context.keyOf(occurrence);
      if (key === undefined) return;
      if (where && needsKey && !context.passes(where, occurrence, key)) return;
      subscriber.next({ key, occurrence });
    };
    return context.hub.listen(selector, (occurrence) => {
      if (!isHeardBy(context.rule, selector, occurrence)) return;
      if (where) context.whenDecidable(() => decide(occurrence));
      else decide(occurrence);
    });
  });
  if (throttle) matches = matches.pipe(throttleEachKey(context, place, throttle));
  if (debounce) matches = matches.pipe(debounceEachKey(context, place, debounce));
  return matches;
}

/** The streams that a pattern listens to, in the order of the file. */
function streamsOf(pattern: PatternModel): readonly string[] {
  if (pattern.kind === 'event') return [pattern.selector.stream];
  return [pattern.of].flat().flatMap((part) => streamsOf(part as PatternModel));
}

/** All expressions of a pattern. */
export function conditionsOf(pattern: PatternModel): readonly NonNullable<EventPattern['where']>[] {
  if (pattern.kind === 'event') return pattern.where ? [pattern.where] : [];
  return [pattern.of].flat().flatMap((part) => conditionsOf(part as PatternModel));
}
