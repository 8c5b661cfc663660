import { Observable, type OperatorFunction } from 'rxjs';
import type { Timer } from '../../clock/clock.js';
import { Duration } from '../../clock/duration.js';
import type { JsonValue } from '../../ledger/ledger.js';
import { fromTypedJson, toTypedJson } from '../../ledger/typed-json.js';
import { KeptEvents } from './kept-events.js';
import { statesByKey, type Match, type PatternContext } from './match.js';

/** The event that waits for the end of the pause, as it is kept. */
interface PendingRecord {
  readonly stream: string;
  readonly event: JsonValue;
  /** Device time in milliseconds. */
  readonly due: number;
}

interface Pending {
  timer?: Timer;
  match: Match;
  /** Device time in milliseconds. */
  due: number;
}

/** Passes on the last event once it was quiet for the pause, for each key. */
export function debounceEachKey(
  context: PatternContext,
  place: string,
  pause: Duration,
): OperatorFunction<Match, Match> {
  return (source) =>
    new Observable((subscriber) => {
      const records = context.records(place, pause);
      const pending = statesByKey<Pending>(context, pause, (state, key) => {
        state.timer?.cancel();
        records.forget(key);
        kept.forget(key);
      });
      const kept = new KeptEvents(context.memory, (key) => pending.remove(key));
      context.shows(place, pending, ({ due }) => {
        const left = Duration.ofMilliseconds(due - context.now()).inSeconds();
        return `passes on its last event in ${left}, unless another one comes`;
      });
      const passOnAfter = (delay: number, match: Match): boolean => {
        if (!kept.keep(match.key, match.occurrence.event)) {
          pending.remove(match.key);
          context.noMemory(match.occurrence);
          return false;
        }
        const due = context.now() + delay;
        const state = pending.use(match.key, () => ({ match, due }))!;
        Object.assign(state, { match, due });
        const passOn = (): void => {
          pending.remove(match.key);
          subscriber.next(match);
        };
        state.timer?.cancel();
        state.timer = context.schedule(delay, passOn, 'debounce');
        return true;
      };
      records.restore((key, record) => {
        const { stream, event, due } = record as unknown as PendingRecord;
        const occurrence = { stream, event: fromTypedJson(event), at: context.clock.boottime() };
        passOnAfter(due - context.now(), { key, occurrence });
      });
      const subscription = source.subscribe((match) => {
        const { stream, event } = match.occurrence;
        if (!passOnAfter(pause.milliseconds, match)) return;
        records.keep(match.key, { stream, event: toTypedJson(event), due: context.now() + pause.milliseconds });
      });
      // Whether it was quiet in the gap is not known: what was left of the pause then is waited for.
      const gaps = context.gaps.subscribe(({ from }) => {
        for (const { match, due } of [...pending.values()]) passOnAfter(Math.max(0, due - from), match);
      });
      return () => {
        gaps.unsubscribe();
        subscription.unsubscribe();
        for (const { timer } of pending.values()) timer?.cancel();
        kept.clear();
      };
    });
}
