import { existsSync } from 'node:fs';
import { uptime } from 'node:os';
import { Clock, type Timer, type WallTime } from './clock.js';

/** The longest wait that a Node timer can be set to; anything longer would fire at once. */
const longestTimer = 2 ** 31 - 1;
/** Made by systemd-timesyncd.service(8) with the first successful synchronisation. */
const timesyncStamp = '/run/systemd/timesync/synchronized';
/** What os.uptime() can be off by: it counts hundredths of a second. */
const suspendResolution = 100;

/** The clocks of the machine. Dispose it to cancel what is still scheduled. */
export class RealClock extends Clock {
  readonly #pending = new Set<NodeJS.Timeout>();
  /** CLOCK_BOOTTIME minus CLOCK_MONOTONIC: how long the machine was suspended. */
  #suspended = 0;

  constructor() {
    super();
    this.#measureSuspend();
  }

  override boottime(): number {
    return monotonic() + this.#suspended;
  }

  override wall(): WallTime {
    return { milliseconds: Date.now(), synchronized: existsSync(timesyncStamp) };
  }

  override schedule(delay: number, callback: () => void, name: string): Timer {
    const due = this.boottime() + delay;
    let timeout: NodeJS.Timeout;
    const arm = (): void => {
      const rest = Math.max(0, Math.ceil(due - this.boottime()));
      timeout = setTimeout(fire, Math.min(rest, longestTimer));
      this.#pending.add(timeout);
    };
    const fire = (): void => {
      this.#pending.delete(timeout);
      this.#measureSuspend();
      if (this.boottime() < due) return arm();
      callback();
    };
    Object.defineProperty(fire, 'name', { value: name });
    arm();
    return {
      cancel: () => {
        clearTimeout(timeout);
        this.#pending.delete(timeout);
      },
    };
  }

  /** Cancels every timer. */
  dispose(): void {
    for (const timeout of this.#pending) clearTimeout(timeout);
    this.#pending.clear();
  }

  /** A suspend shows as a step between the two clocks; smaller differences are only the resolution of os.uptime(). */
  #measureSuspend(): void {
    const suspended = uptime() * 1000 - monotonic();
    if (Math.abs(suspended - this.#suspended) > suspendResolution) this.#suspended = Math.max(0, suspended);
  }
}

/** CLOCK_MONOTONIC in milliseconds: since boot, without suspend. */
function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
