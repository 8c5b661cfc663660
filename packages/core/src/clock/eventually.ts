import { coreError } from '../diagnostics/core-errors.js';
import { Duration } from './duration.js';
import { RealClock } from './real-clock.js';

const pause = Duration.ofMilliseconds(20);

export interface Patience {
  /** Real time that passes at most; default 10 s. */
  readonly within?: Duration;
}

/**
 * Waits in real time for something outside of the process, such as a reply on a socket: until the check gives a value or
 * true without throwing.
 * @throws what the check throws when the time is up, else DeviceError `EVENTUALLY_NOT`
 */
export async function eventually<Result>(
  check: () => Result | Promise<Result>,
  { within = Duration.parse('10s') }: Patience = {},
): Promise<Exclude<Result, undefined | false>> {
  const clock = new RealClock();
  const deadline = clock.boottime() + within.milliseconds;
  for (;;) {
    let failure: unknown;
    try {
      const result = await check();
      if (result !== false && result !== undefined) return result as Exclude<Result, undefined | false>;
    } catch (error) {
      failure = error;
    }
    if (clock.boottime() >= deadline) {
      throw failure ?? coreError('EVENTUALLY_NOT', `It did not come true within ${within.toString()}.`);
    }
    await clock.sleep(pause, 'eventually');
  }
}
