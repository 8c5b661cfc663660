import type { Clock, Timer } from '../clock/clock.js';
import type { Logger } from '../diagnostics/logger.js';
import { CronCalendar } from './cron-calendar.js';
import { FiredOccurrences, type FiredRange } from './fired-occurrences.js';
import type { ScheduleEvent } from './schedule-event.js';
import type { ScheduleRecord } from './schedule-records.js';

export interface CronPlan {
  readonly cron: string;
  readonly timezone: string | undefined;
  readonly catchUp: 'none' | 'once';
}

/** The calendar is looked at this often, so that a jump of it is seen; a later occurrence than this counts as missed. */
const lookInterval = 60_000;
/** More occurrences than this are not counted one by one. */
const countLimit = 1_000;

/** Calendar times in milliseconds. */
interface CronRecord {
  /** When the schedule came into use; kept where missed occurrences are made up for. */
  readonly since?: number;
  readonly fired: readonly FiredRange[];
}

/**
 * Occurrences of a cron pattern on the calendar clock, whichever way that clock jumps. An occurrence is known by its
 * calendar time and fires once, over restarts too: when the clock is set back, or is behind after a boot, it is not fired
 * again. Occurrences that the clock jumped over, or that passed while nothing ran, are told in the log, and made up for by
 * one event where the plan says so. What daylight saving time does to them is said at {@link CronCalendar}.
 */
export class CronSchedule {
  readonly #calendar: CronCalendar;
  readonly #fired: FiredOccurrences;
  readonly #since: number | undefined;
  /** Calendar time up to which occurrences were looked at. */
  #seen: number;
  /** Boottime of the last look. */
  #seenAt: number;
  /** The first occurrence after a time. */
  #upcoming: { readonly after: number; readonly at: number } | undefined;
  #timer: Timer;
  #isFirstLook = true;

  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly plan: CronPlan,
    private readonly record: ScheduleRecord,
    private readonly fire: (event: ScheduleEvent) => void,
  ) {
    this.#calendar = new CronCalendar(plan.cron, plan.timezone);
    const known = record.read() as CronRecord | undefined;
    const now = this.#now();
    this.#fired = new FiredOccurrences(known?.fired ?? [], (after) => this.#after(after));
    this.#since = known?.since ?? (plan.catchUp === 'once' ? now : undefined);
    if (!known && this.#since !== undefined) this.#save();
    const settled = this.#settledUntil(now);
    this.#seen = known && settled > -Infinity ? settled : now;
    this.#seenAt = clock.boottime();
    this.#timer = this.#arm();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #arm(): Timer {
    const next = this.#after(this.#seen) ?? Infinity;
    const delay = Math.min(next - this.#now(), lookInterval);
    return this.clock.schedule(Math.max(1, delay), () => this.#look(), `schedule ${this.plan.cron}`);
  }

  #look(): void {
    const now = this.#now();
    const from = this.#lookedUntil(now);
    const next = this.#after(from);
    if (next !== undefined && next <= now && isOnTime(next, now) && this.#fired.has(next)) {
      this.log.info(`Schedule "${this.plan.cron}" fired for ${iso(next)} before the clock was set back: not again.`);
    }
    const due = this.#due(Math.max(from, this.#settledUntil(now)), now);
    this.#seen = now;
    this.#seenAt = this.clock.boottime();
    if (due.latest !== undefined) this.#settle(due.latest, due.count, now);
    this.#isFirstLook = false;
    this.#timer = this.#arm();
  }

  /** A clock that was set back since the last look has shown, since then, no more than the time that has passed. */
  #lookedUntil(now: number): number {
    return now < this.#seen ? now - (this.clock.boottime() - this.#seenAt) : this.#seen;
  }

  /** Up to when nothing is missing: a clock that is behind what is on record looks from where it is. */
  #settledUntil(now: number): number {
    const since = this.#since !== undefined && this.#since <= now ? this.#since : -Infinity;
    return Math.max(this.#fired.settledUntil(now) ?? -Infinity, since);
  }

  #settle(latest: number, count: number, now: number): void {
    const fires = isOnTime(latest, now) || this.plan.catchUp === 'once';
    const missed = fires ? count - 1 : count;
    if (missed > 0) {
      const amount = count >= countLimit ? `at least ${missed}` : `${missed}`;
      const cause = this.#isFirstLook ? 'the engine did not run, or the clock jumped' : 'the clock jumped';
      this.log.warn(`Schedule "${this.plan.cron}" missed ${amount} occurrences: ${cause}, until ${iso(now)}.`, {
        catchUp: this.plan.catchUp,
      });
    }
    if (!fires) return;
    this.#fired.add(latest);
    this.#save();
    this.fire({ at: new Date(now), scheduled: new Date(latest), missed });
  }

  /** How many occurrences lie after `from` until now, and the latest of them. */
  #due(from: number, now: number): { count: number; latest?: number } {
    let count = 0;
    let latest: number | undefined;
    let next = this.#after(from);
    while (next !== undefined && next <= now && count < countLimit) {
      count += 1;
      latest = next;
      next = this.#after(next);
    }
    if (count === countLimit) latest = this.#calendar.latest(now) ?? latest;
    return latest === undefined ? { count } : { count, latest };
  }

  /** Time zones make the calendar costly, and it is asked each minute: an answer is kept for all times that it holds for. */
  #after(time: number): number | undefined {
    const known = this.#upcoming;
    if (known && known.after <= time && time < known.at) return known.at;
    const at = this.#calendar.after(time);
    this.#upcoming = at === undefined ? undefined : { after: time, at };
    return at;
  }

  #save(): void {
    this.record.write({ ...(this.#since !== undefined && { since: this.#since }), fired: this.#fired.ranges });
  }

  #now(): number {
    return this.clock.wall().milliseconds;
  }
}

function isOnTime(occurrence: number, now: number): boolean {
  return now - occurrence <= lookInterval;
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
