import { existsSync } from 'node:fs';
import { uptime } from 'node:os';
import { Clock, type Timer, type WallTime } from './clock.js';

/**
 * A delay is waited for in legs: setTimeout stands still while the machine is suspended, so that a timer is at most a leg
 * late after it woke, and counts in 32 bits.
 */
const longestLeg = 60_000;

/** Uptime is read again after this much monotonic time, and so finds a suspend that the monotonic clock slept through. */
const anchorLifetime = 1_000;

/** Uptime has a resolution of a second on old kernels; a smaller difference is no suspend. */
const uptimeTolerance = 2_000;

/** Created by systemd-timesyncd at the first synchronisation since boot (systemd-timesyncd.service(8)). */
const synchronizedMarker = '/run/systemd/timesync/synchronized';

export interface RealClockOptions {
  /**
   * Whether the kernel holds the wall clock synchronised. The flag of adjtimex(2) is out of reach of Node, so the default
   * looks for the marker of systemd-timesyncd, and says no where that is not to be seen.
   */
  readonly synchronized?: () => boolean;
}

/** The machine's clocks: boottime runs through suspend (CLOCK_BOOTTIME, read as uptime), with sub-millisecond resolution. */
export class RealClock extends Clock {
  readonly #synchronized: () => boolean;
  readonly #timeouts = new Set<NodeJS.Timeout>();
  #anchor = anchorNow();

  constructor({ synchronized = () => existsSync(synchronizedMarker) }: RealClockOptions = {}) {
    super();
    this.#synchronized = synchronized;
  }

  override boottime(): number {
    const monotonic = performance.now();
    const elapsed = monotonic - this.#anchor.monotonic;
    const predicted = this.#anchor.boottime + elapsed;
    if (elapsed < anchorLifetime) return predicted;
    const suspended = uptime() * 1_000 - predicted;
    this.#anchor = { monotonic, boottime: suspended > uptimeTolerance ? predicted + suspended : predicted };
    return this.#anchor.boottime;
  }

  override wall(): WallTime {
    return { milliseconds: Date.now(), synchronized: this.#synchronized() };
  }

  override schedule(delay: number, callback: () => void, _name: string): Timer {
    const due = this.boottime() + delay;
    let timeout: NodeJS.Timeout;
    const wait = (): void => {
      timeout = setTimeout(
        () => {
          this.#timeouts.delete(timeout);
          if (this.boottime() < due - 1) wait();
          else callback();
        },
        Math.min(Math.max(0, due - this.boottime()), longestLeg),
      );
      this.#timeouts.add(timeout);
    };
    wait();
    return {
      cancel: () => {
        clearTimeout(timeout);
        this.#timeouts.delete(timeout);
      },
    };
  }

  /** Cancels all that is pending, so that the process can end. */
  dispose(): void {
    for (const timeout of this.#timeouts) clearTimeout(timeout);
    this.#timeouts.clear();
  }
}

function anchorNow(): { readonly monotonic: number; readonly boottime: number } {
  return { monotonic: performance.now(), boottime: uptime() * 1_000 };
}
