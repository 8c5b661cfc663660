import { defer, filter, type OperatorFunction } from 'rxjs';
import { Duration } from '../../clock/duration.js';
import type { JsonValue } from '../../ledger/ledger.js';
import { statesByKey, type Match, type PatternContext } from './match.js';

/** Passes on the event that completes `n` within the window, for each key, and then starts empty. */
export function countEachKey(
  context: PatternContext,
  place: string,
  n: number,
  within: Duration,
): OperatorFunction<Match, Match> {
  return (source) =>
    defer(() => {
      const records = context.records(place, within);
      const seen = statesByKey<number[]>(context, within, (_, key) => records.forget(key));
      records.restore((key, times) => seen.use(key, () => [...(times as readonly JsonValue[])] as number[]));
      context.shows(place, seen, (times) => {
        const recent = times.filter((at) => context.now() - at <= within.milliseconds);
        if (recent.length === 0) return undefined;
        const age = Duration.ofMilliseconds(context.now() - recent[0]!).inSeconds();
        return `${recent.length} of ${n} within ${within}, the first ${age} ago`;
      });
      return source.pipe(
        filter(({ key }) => {
          const now = context.now();
          const times = seen.use(key, () => [])!;
          times.push(context.earliest());
          while (times.length > 0 && now - times[0]! > within.milliseconds) times.shift();
          if (times.length < n) records.keep(key, times);
          else seen.remove(key);
          return times.length >= n;
        }),
      );
    });
}
