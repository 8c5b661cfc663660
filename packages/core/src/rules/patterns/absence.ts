import { Observable, type OperatorFunction } from 'rxjs';
import type { Timer } from '../../clock/clock.js';
import type { Duration } from '../../clock/duration.js';
import type { EventOccurrence } from '../../streams/stream-hub.js';
import { statesByKey, type Match, type PatternContext } from './match.js';

/**
 * Tells once for each silence, counted from the last matching event, or from the start where the rule has no key. The
 * event at hand is the last one before the silence, or null when there was none.
 */
export function absenceEachKey(
  context: PatternContext,
  within: Duration,
  stream: string,
): OperatorFunction<Match, Match> {
  return (source) =>
    new Observable((subscriber) => {
      const silences = statesByKey<{ timer?: Timer }>(context, (state) => state.timer?.cancel());
      const listen = (key: string, last?: EventOccurrence): void => {
        const silence = silences.use(key, () => ({}))!;
        silence.timer?.cancel();
        silence.timer = context.clock.schedule(
          within.milliseconds,
          () => {
            const at = context.clock.boottime();
            subscriber.next({ key, occurrence: { stream, event: last ? last.event : null, at } });
          },
          'absence',
        );
      };
      if (!context.isKeyed) listen('');
      const subscription = source.subscribe(({ key, occurrence }) => listen(key, occurrence));
      return () => {
        subscription.unsubscribe();
        silences.clear();
      };
    });
}
