import { defer, filter, map, merge, type Observable } from 'rxjs';
import type { Duration } from '../../clock/duration.js';
import { statesByKey, type Match, type PatternContext } from './match.js';

/** Passes on the event that completes the set: each of the sources matched, in any order, all within the window. */
export function allEachKey(
  context: PatternContext,
  sources: readonly Observable<Match>[],
  within: Duration,
): Observable<Match> {
  return defer(() => {
    const seen = statesByKey<Map<number, number>>(context, () => {});
    const numbered = sources.map((source, element) => source.pipe(map((match) => ({ match, element }))));
    return merge(...numbered).pipe(
      filter(({ match: { key }, element }) => {
        const now = context.clock.boottime();
        const times = seen.use(key, () => new Map())!;
        times.set(element, now);
        const complete = times.size === sources.length && now - Math.min(...times.values()) <= within.milliseconds;
        if (complete) seen.remove(key);
        return complete;
      }),
      map(({ match }) => match),
    );
  });
}
