import { Cron } from 'croner';
import { type OffsetChange, TimeZone } from './time-zone.js';

/** No zone ever changed by more than this: a day and the hours of summer time, in milliseconds. */
const longestChange = 26 * 3_600_000;

/** Milliseconds before a time in which the latest occurrence is looked for. */
const longestSearch = 4 * 366 * 86_400_000;

/**
 * The occurrences of a cron pattern in a time zone. The pattern is matched against local time, which leaps when an offset
 * changes. Fixed times, written without `*` and step in second, minute and hour, occur once each: one that a leap leaves out
 * occurs at its end, whatever its length, and one that comes twice occurs at its first coming. All others follow the hours
 * that there are.
 */
export class CronCalendar {
  readonly #pattern: Cron;
  readonly #isFixed: boolean;
  readonly #zone: TimeZone;

  /** @param timezone IANA name; that of the process where it is missing */
  constructor(pattern: string, timezone: string | undefined) {
    this.#pattern = new Cron(pattern, { utcOffset: 0 });
    this.#isFixed = hasFixedTimes(pattern);
    this.#zone = new TimeZone(timezone);
  }

  /** The first occurrence after a time; milliseconds since 1970. Undefined when there is none any more. */
  after(time: number): number | undefined {
    let from = time;
    let local = this.#isFixed ? this.#localNotRepeated(time) : time + this.#zone.offsetAt(time);
    for (;;) {
      const next = this.#nextLocal(local);
      if (next === undefined) return undefined;
      const at = next - this.#zone.offsetAt(from);
      const near = Math.min(at, from + longestChange);
      const change = this.#zone.nextChange(from, near);
      if (change) {
        const { at: start, before, after } = change;
        if (this.#isFixed && next < start + after) return start;
        from = start;
        local = (this.#isFixed ? Math.max(start + before, start + after) : start + after) - 1;
      } else if (near === at) {
        return at;
      } else {
        // No change on the long way to a match moves it, but one that is near it.
        from = Math.max(near, at - 2 * longestChange);
      }
    }
  }

  /** The latest occurrence that is not after a time; undefined when the two years before it have none. */
  latest(time: number): number | undefined {
    for (let span = 60_000; span < longestSearch; span *= 2) {
      let latest: number | undefined;
      let next = this.after(time - span);
      while (next !== undefined && next <= time) {
        latest = next;
        next = this.after(next);
      }
      if (latest !== undefined) return latest;
    }
    return undefined;
  }

  /** Local time, and in an hour that comes again the end of that hour: what is in it has occurred. */
  #localNotRepeated(time: number): number {
    const local = time + this.#zone.offsetAt(time);
    const change: OffsetChange | undefined = this.#zone.nextChange(time - longestChange, time);
    return change ? Math.max(local, change.at + change.before - 1) : local;
  }

  /** The first match after a local time, that of a place without any changes. */
  #nextLocal(local: number): number | undefined {
    return this.#pattern.nextRun(new Date(local))?.getTime();
  }
}

/** Whether the fields of the time of day name their times one by one. */
function hasFixedTimes(pattern: string): boolean {
  if (/^\s*@/.test(pattern)) return pattern.trim().toLowerCase() !== '@hourly';
  const fields = pattern.trim().split(/\s+/);
  return !/[*?/]/.test(fields.slice(0, fields.length === 5 ? 2 : 3).join(' '));
}
