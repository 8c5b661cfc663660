import { coreError } from '../diagnostics/core-errors.js';
import { Duration } from './duration.js';
import { RealClock } from './real-clock.js';

const pause = Duration.ofMilliseconds(20);

/** Waits for something outside of the process: until the check gives a value or true without throwing, or the time is up. */
export async function eventually<Result>(
  check: () => Result | Promise<Result>,
  { within = Duration.parse('10s') }: { readonly within?: Duration } = {},
): Promise<Result> {
  const clock = new RealClock();
  const deadline = clock.boottime() + within.milliseconds;
  for (;;) {
    let failure: unknown;
    try {
      const result = await check();
      if (result !== false && result !== undefined) return result;
    } catch (error) {
      failure = error;
    }
    if (clock.boottime() >= deadline) {
      throw failure ?? coreError('INTERNAL_FAULT', `It did not come true within ${within.toString()}.`);
    }
    await clock.sleep(pause, 'eventually');
  }
}
