import { Cron } from 'croner';
import type { Clock, Timer } from '../clock/clock.js';
import type { Logger } from '../diagnostics/logger.js';
import type { ScheduleEvent } from './schedule-event.js';

export interface CronPlan {
  readonly cron: string;
  readonly timezone: string | undefined;
  readonly catchUp: 'none' | 'once';
}

/** The calendar is looked at this often, so that a jump of it is seen; a later occurrence than this counts as missed. */
const lookInterval = 60_000;
/** More occurrences than this are not counted one by one. */
const countLimit = 1_000;
const rememberedOccurrences = 1_000;

/**
 * Occurrences of a cron pattern on the calendar clock, whichever way that clock jumps. An occurrence is known by its
 * calendar time and fires once: when the clock is set back it is not fired again. Occurrences that the clock jumped over
 * are told in the log, and made up for by one event where the plan says so. In the hour that daylight saving time leaves
 * out an occurrence moves to the hour after; in the hour that it repeats a fixed time fires once.
 */
export class CronSchedule {
  readonly #pattern: Cron;
  readonly #fired = new Set<number>();
  /** Calendar time up to which occurrences were looked at. */
  #seen: number;
  #timer: Timer;

  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly plan: CronPlan,
    private readonly fire: (event: ScheduleEvent) => void,
  ) {
    this.#pattern = new Cron(plan.cron, plan.timezone === undefined ? {} : { timezone: plan.timezone });
    this.#seen = this.#now();
    this.#timer = this.#arm();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #arm(): Timer {
    const next = this.#pattern.nextRun(new Date(this.#seen));
    const delay = next === null ? lookInterval : Math.min(next.getTime() - this.#now(), lookInterval);
    return this.clock.schedule(Math.max(1, delay), () => this.#look(), `schedule ${this.plan.cron}`);
  }

  #look(): void {
    const now = this.#now();
    const due = this.#dueUntil(now);
    this.#seen = now;
    if (due.latest !== undefined) this.#settle(due.latest, due.count, now);
    this.#timer = this.#arm();
  }

  #settle(latest: number, count: number, now: number): void {
    const onTime = now - latest <= lookInterval;
    if (onTime && this.#fired.has(latest)) {
      this.log.info(`Schedule "${this.plan.cron}" fired for ${iso(latest)} before the clock was set back: not again.`);
      return;
    }
    const fires = onTime || this.plan.catchUp === 'once';
    const missed = fires ? count - 1 : count;
    if (missed > 0) {
      const amount = count >= countLimit ? `at least ${missed}` : `${missed}`;
      this.log.warn(`Schedule "${this.plan.cron}" missed ${amount} occurrences: the clock jumped to ${iso(now)}.`, {
        catchUp: this.plan.catchUp,
      });
    }
    if (!fires) return;
    this.#remember(latest);
    this.fire({ at: new Date(now), scheduled: new Date(latest), missed });
  }

  /** How many occurrences lie between the last look and now, and the latest of them. */
  #dueUntil(now: number): { count: number; latest?: number } {
    let count = 0;
    let latest: number | undefined;
    let next = this.#pattern.nextRun(new Date(this.#seen))?.getTime();
    while (next !== undefined && next <= now && count < countLimit) {
      count += 1;
      latest = next;
      next = this.#pattern.nextRun(new Date(next))?.getTime();
    }
    if (count === countLimit) latest = this.#pattern.previousRuns(1, new Date(now))[0]?.getTime() ?? latest;
    return latest === undefined ? { count } : { count, latest };
  }

  #remember(occurrence: number): void {
    this.#fired.add(occurrence);
    if (this.#fired.size > rememberedOccurrences) this.#fired.delete(this.#fired.values().next().value!);
  }

  #now(): number {
    return this.clock.wall().milliseconds;
  }
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
