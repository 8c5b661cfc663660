import { Observable, type OperatorFunction } from 'rxjs';
import type { Timer } from '../../clock/clock.js';
import type { Duration } from '../../clock/duration.js';
import { statesByKey, type Match, type PatternContext } from './match.js';

/** Passes on the last event once it was quiet for the pause, for each key. */
export function debounceEachKey(context: PatternContext, pause: Duration): OperatorFunction<Match, Match> {
  return (source) =>
    new Observable((subscriber) => {
      const pending = statesByKey<{ timer?: Timer }>(context, (state) => state.timer?.cancel());
      const subscription = source.subscribe((match) => {
        const state = pending.use(match.key, () => ({}))!;
        state.timer?.cancel();
        state.timer = context.clock.schedule(
          pause.milliseconds,
          () => {
            pending.remove(match.key);
            subscriber.next(match);
          },
          'debounce',
        );
      });
      return () => {
        subscription.unsubscribe();
        pending.clear();
      };
    });
}
