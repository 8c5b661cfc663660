import { Clock, type Timer, type WallTime } from './clock.js';

/** Another clock, `factor` times as fast from the moment that it is made. */
export class ScaledClock extends Clock {
  readonly #boottime: number;
  readonly #wall: number;

  constructor(
    private readonly inner: Clock,
    private readonly factor: number,
  ) {
    super();
    this.#boottime = inner.boottime();
    this.#wall = inner.wall().milliseconds;
  }

  override boottime(): number {
    return this.#boottime + (this.inner.boottime() - this.#boottime) * this.factor;
  }

  override wall(): WallTime {
    const { milliseconds, synchronized } = this.inner.wall();
    return { milliseconds: this.#wall + (milliseconds - this.#wall) * this.factor, synchronized };
  }

  override schedule(delay: number, callback: () => void, name: string): Timer {
    return this.inner.schedule(delay / this.factor, callback, name);
  }
}
