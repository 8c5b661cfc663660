import { Clock, type Timer, type WallTime } from '../clock/clock.js';

/** The clock of one process on a simulated device: boottime counts from the boot, and its timers end with the process. */
export class LifeClock extends Clock {
  readonly #timers = new Set<Timer>();
  #hasEnded = false;

  /** @param bootedAt where boottime 0 of the device lies on `time` */
  constructor(
    private readonly time: Clock,
    private readonly bootedAt: number,
  ) {
    super();
  }

  override boottime(): number {
    return this.time.boottime() - this.bootedAt;
  }

  override wall(): WallTime {
    return this.time.wall();
  }

  override schedule(delay: number, callback: () => void, name: string): Timer {
    if (this.#hasEnded) return { cancel: () => {} };
    const fire = (): void => {
      this.#timers.delete(timer);
      callback();
    };
    const timer = this.time.schedule(delay, fire, name);
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  /** As the end of a process does: nothing fires any more. */
  end(): void {
    this.#hasEnded = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
