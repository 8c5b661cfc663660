import type { Clock, Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { ScheduleEvent } from './schedule-event.js';
import type { ScheduleRecord } from './schedule-records.js';

/** A shorter distance is not worth a write for each firing: it is counted from the start. */
const shortestOnRecord = Duration.parse('1m');

/** What the schedule is counted on: device time in milliseconds goes on over restarts and reboots, boottime drives the timer. */
export interface EveryTime {
  readonly clock: Clock;
  readonly deviceTime: () => number;
}

/**
 * Fires on multiples of the distance since it was first started, in device time: no jump of the calendar touches it, and a
 * restart neither skips a firing nor repeats it. Multiples that passed while nothing ran, or while the machine slept, become
 * one event that says how many there were.
 * @returns ends it
 */
export function everySchedule(
  { clock, deviceTime }: EveryTime,
  every: Duration,
  record: ScheduleRecord,
  fire: (event: ScheduleEvent) => void,
): () => void {
  const distance = every.milliseconds;
  const isOnRecord = distance >= shortestOnRecord.milliseconds;
  const now = deviceTime();
  // A power cut may have set device time back a little behind the last firing.
  const lastFired = Math.min(now, (record.read() as number | undefined) ?? now);
  const origin = clock.boottime() - (now - lastFired);
  const remember = (firing: number): void => {
    if (isOnRecord) record.write(lastFired + firing * distance);
  };
  let fired = 0;
  let timer: Timer;
  const arm = (): void => {
    const due = origin + (fired + 1) * distance;
    timer = clock.schedule(Math.max(0, due - clock.boottime()), tick, 'schedule every');
  };
  const tick = (): void => {
    const reached = Math.floor((clock.boottime() - origin) / distance);
    if (reached > fired) {
      const lateness = clock.boottime() - (origin + reached * distance);
      const wall = clock.wall().milliseconds;
      const missed = reached - fired - 1;
      fired = reached;
      remember(reached);
      fire({ at: new Date(wall), scheduled: new Date(wall - lateness), missed });
    }
    arm();
  };
  if (record.read() === undefined) remember(0);
  arm();
  return () => timer.cancel();
}
