import { defer, filter, map, merge, type Observable } from 'rxjs';
import type { Duration } from '../../clock/duration.js';
import { statesByKey, type Match, type PatternContext } from './match.js';

/** Passes on the event that completes the set: each of the sources matched, in any order, all within the window. */
export function allEachKey(
  context: PatternContext,
  place: string,
  sources: readonly Observable<Match>[],
  within: Duration,
): Observable<Match> {
  return defer(() => {
    const records = context.records(place, within);
    const seen = statesByKey<Map<number, number>>(context, within, (_, key) => records.forget(key));
    records.restore((key, times) => seen.use(key, () => new Map(times as unknown as [number, number][])));
    context.shows(place, seen, (times) => {
      const recent = [...times.values()].filter((at) => context.now() - at <= within.milliseconds).length;
      return recent === 0 ? undefined : `${recent} of ${sources.length} within ${within}`;
    });
    const numbered = sources.map((source, element) => source.pipe(map((match) => ({ match, element }))));
    return merge(...numbered).pipe(
      filter(({ match: { key }, element }) => {
        const now = context.now();
        const times = seen.use(key, () => new Map())!;
        times.set(element, context.earliest());
        const isComplete = times.size === sources.length && now - Math.min(...times.values()) <= within.milliseconds;
        if (isComplete) seen.remove(key);
        else records.keep(key, [...times]);
        return isComplete;
      }),
      map(({ match }) => match),
    );
  });
}
