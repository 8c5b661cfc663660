import type { Clock, Timer } from '../clock/clock.js';
import type { Duration } from '../clock/duration.js';
import type { ScheduleEvent } from './schedule-event.js';

/**
 * Fires on multiples of the distance since it was started. It runs on boottime, so no jump of the calendar touches it;
 * multiples that passed while the machine slept become one event that says how many there were.
 * @returns ends it
 */
export function everySchedule(clock: Clock, every: Duration, fire: (event: ScheduleEvent) => void): () => void {
  const origin = clock.boottime();
  const distance = every.milliseconds;
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
      const now = clock.wall().milliseconds;
      const missed = reached - fired - 1;
      fired = reached;
      fire({ at: new Date(now), scheduled: new Date(now - lateness), missed });
    }
    arm();
  };
  arm();
  return () => timer.cancel();
}
