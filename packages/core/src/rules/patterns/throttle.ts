import { defer, filter, type OperatorFunction } from 'rxjs';
import { Duration } from '../../clock/duration.js';
import { statesByKey, type Match, type PatternContext } from './match.js';

/** Passes on the first event and drops those that follow within the pause, for each key. */
export function throttleEachKey(
  context: PatternContext,
  place: string,
  pause: Duration,
): OperatorFunction<Match, Match> {
  return (source) =>
    defer(() => {
      const open = statesByKey<{ at: number }>(context, pause, () => {});
      context.shows(place, open, ({ at }) => {
        const left = Duration.ofMilliseconds(at - context.clock.boottime()).inSeconds();
        return left.milliseconds > 0 ? `drops events for ${left} more` : undefined;
      });
      return source.pipe(
        filter(({ key }) => {
          const now = context.clock.boottime();
          const gate = open.use(key, () => ({ at: now }))!;
          if (now < gate.at) return false;
          gate.at = now + pause.milliseconds;
          return true;
        }),
      );
    });
}
