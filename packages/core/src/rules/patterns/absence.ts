import { Observable, type OperatorFunction } from 'rxjs';
import type { Timer } from '../../clock/clock.js';
import { Duration } from '../../clock/duration.js';
import type { JsonValue } from '../../ledger/ledger.js';
import { fromTypedJson, toTypedJson } from '../../ledger/typed-json.js';
import { KeptEvents } from './kept-events.js';
import { statesByKey, type Match, type PatternContext } from './match.js';

/** A silence as it is kept. */
interface SilenceRecord {
  /** Number of the boot. */
  readonly boot: number;
  /** Device time in milliseconds. */
  readonly since: number;
  /** The last event before it; missing when there was none. */
  readonly event?: JsonValue;
  readonly isTold: boolean;
}

interface Silence {
  timer?: Timer;
  /** The last event before it, or null. */
  event: unknown;
  /** Device time in milliseconds. */
  since: number;
  isTold: boolean;
  keptSince?: number;
}

/**
 * Tells once for each silence, counted from the last matching event, or from the start where the rule has no key. The
 * event at hand is the last one before the silence, or null when there was none.
 */
export function absenceEachKey(
  context: PatternContext,
  place: string,
  within: Duration,
  stream: string,
): OperatorFunction<Match, Match> {
  /** Events that come often are not all kept: a silence that goes on may be told later by this, and never too early. */
  const grain = within.milliseconds / 10;
  return (source) =>
    new Observable((subscriber) => {
      const records = context.records(place, within);
      const silences = statesByKey<Silence>(context, within, (silence, key) => {
        silence.timer?.cancel();
        records.forget(key);
        kept.forget(key);
      });
      const kept = new KeptEvents(context.memory, (key) => silences.remove(key));
      context.shows(place, silences, ({ since, isTold }) => {
        const silentFor = Duration.ofMilliseconds(context.now() - since).inSeconds();
        return isTold ? `silent for ${silentFor}, which was told` : `silent for ${silentFor} of ${within}`;
      });
      const keep = (key: string, since: number, event: unknown, isTold: boolean): void => {
        const last = event === null ? {} : { event: toTypedJson(event) };
        records.keep(key, { boot: context.boot, since, ...last, isTold });
      };
      const listen = (key: string, last: unknown, passed: number): void => {
        // The silence counts all the same.
        const event = last !== null && kept.keep(key, last) ? last : null;
        const since = context.now() - passed;
        const silence = silences.use(key, () => ({ event, since, isTold: false }))!;
        Object.assign(silence, { event, since, isTold: false });
        const tell = (): void => {
          keep(key, since, event, true);
          silence.isTold = true;
          delete silence.keptSince;
          subscriber.next({ key, occurrence: { stream, event, at: context.clock.boottime() } });
        };
        silence.timer?.cancel();
        silence.timer = context.schedule(within.milliseconds - passed, tell, 'absence');
        if (silence.keptSince !== undefined && since - silence.keptSince < grain) return;
        silence.keptSince = since;
        keep(key, since, event, false);
      };
      const passedOf = ({ boot, since }: SilenceRecord): number => {
        if (boot !== context.boot) return 0;
        const watched = context.watchedSince(since);
        return Math.max(0, watched - grain);
      };
      records.restore((key, json) => {
        const record = json as unknown as SilenceRecord;
        if (record.isTold && record.boot === context.boot)
          silences.use(key, () => ({ event: null, since: record.since, isTold: true }));
        else listen(key, record.event === undefined ? null : fromTypedJson(record.event), passedOf(record));
      });
      if (!context.isKeyed && !silences.peek('')) listen('', null, 0);
      const subscription = source.subscribe(({ key, occurrence }) => listen(key, occurrence.event, 0));
      // Nobody listened in the gap, so it counts for no silence.
      const gaps = context.gaps.subscribe(({ from }) => {
        for (const [key, silence] of silences.entries()) {
          if (silence.isTold) continue;
          delete silence.keptSince;
          listen(key, silence.event, context.watchedSince(silence.since, from));
        }
      });
      return () => {
        gaps.unsubscribe();
        subscription.unsubscribe();
        for (const { timer } of silences.values()) timer?.cancel();
        kept.clear();
      };
    });
}
