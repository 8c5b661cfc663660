import { Clock, type Timer, type WallTime } from '@devicerc/core';

/** The clocks of one boot: boottime from 0 at its power-on, the wall clock as good as the kernel's NTP discipline. */
export class DeviceClock extends Clock {
  readonly #poweredOn: number;

  constructor(
    private readonly outside: Clock,
    uptime: number,
    private readonly synchronized: () => boolean,
  ) {
    super();
    this.#poweredOn = outside.boottime() - uptime;
  }

  override boottime(): number {
    return this.outside.boottime() - this.#poweredOn;
  }

  override wall(): WallTime {
    return { milliseconds: this.outside.wall().milliseconds, synchronized: this.synchronized() };
  }

  override schedule(delay: number, callback: () => void, name: string): Timer {
    return this.outside.schedule(delay, callback, name);
  }
}
