import { Clock, type Duration, type Gap, type Timer, type WallTime } from '@devicerc/core';
import { map, type Observable } from 'rxjs';

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

  override get gaps(): Observable<Gap> {
    const uptime = (boottime: number): number => boottime - this.#poweredOn;
    return this.outside.gaps.pipe(map(({ from, to }) => ({ from: uptime(from), to: uptime(to) })));
  }

  override lookForGap(): void {
    this.outside.lookForGap();
  }

  override keepPulse(interval: Duration): () => void {
    return this.outside.keepPulse(interval);
  }

  override isTurnDue(): boolean {
    return this.outside.isTurnDue();
  }

  override nextTurn(): Promise<void> {
    return this.outside.nextTurn();
  }

  override schedule(delay: number, callback: () => void, name: string): Timer {
    return this.outside.schedule(delay, callback, name);
  }
}
