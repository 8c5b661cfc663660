import { defer, filter, type OperatorFunction } from 'rxjs';
import type { Duration } from '../../clock/duration.js';
import { statesByKey, type Match, type PatternContext } from './match.js';

/** Passes on the event that completes `n` within the window, for each key, and then starts empty. */
export function countEachKey(context: PatternContext, n: number, within: Duration): OperatorFunction<Match, Match> {
  return (source) =>
    defer(() => {
      const seen = statesByKey<number[]>(context, () => {});
      return source.pipe(
        filter(({ key }) => {
          const now = context.clock.boottime();
          const times = seen.use(key, () => [])!;
          times.push(now);
          while (now - times[0]! > within.milliseconds) times.shift();
          if (times.length < n) return false;
          seen.remove(key);
          return true;
        }),
      );
    });
}
