import { Observable } from 'rxjs';
import type { EventPattern, PatternModel } from '../../config/rule-model.js';
import { absenceEachKey } from './absence.js';
import { allEachKey } from './all.js';
import { countEachKey } from './count.js';
import { debounceEachKey } from './debounce.js';
import type { Match, PatternContext } from './match.js';
import { sequenceEachKey } from './sequence.js';
import { throttleEachKey } from './throttle.js';

/** What one entry of `on` or `until` tells, from subscription to unsubscription. */
export function matchesOf(pattern: PatternModel, context: PatternContext): Observable<Match> {
  switch (pattern.kind) {
    case 'event':
      return eventMatches(pattern, context);
    case 'count':
      return matchesOf(pattern.of, context).pipe(countEachKey(context, pattern.n, pattern.within));
    case 'all':
      return allEachKey(
        context,
        pattern.of.map((part) => matchesOf(part, context)),
        pattern.within,
      );
    case 'sequence':
      return sequenceEachKey(
        context,
        pattern.of.map((part) => matchesOf(part, context)),
        pattern.within,
      );
    case 'absence':
      return matchesOf(pattern.of, context).pipe(absenceEachKey(context, pattern.within, streamsOf(pattern.of)[0]!));
  }
}

function eventMatches(pattern: EventPattern, context: PatternContext): Observable<Match> {
  const { selector, where, debounce, throttle } = pattern;
  const needsKey = where?.dependencies.has('trigger') === true;
  let matches = new Observable<Match>((subscriber) =>
    context.hub.listen(selector, (occurrence) => {
      if (where && !needsKey && !context.passes(where, occurrence, undefined)) return;
      const key = context.keyOf(occurrence);
      if (key === undefined) return;
      if (where && needsKey && !context.passes(where, occurrence, key)) return;
      subscriber.next({ key, occurrence });
    }),
  );
  if (throttle) matches = matches.pipe(throttleEachKey(context, throttle));
  if (debounce) matches = matches.pipe(debounceEachKey(context, debounce));
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
