import { Clock, type Timer, type WallTime } from './clock.js';

/** Another clock, `factor` times as fast, boottime and wall alike, from the moment it is made. */
export class ScaledClock extends Clock {
  readonly #bootOrigin: number;
  readonly #wallOrigin: number;

  constructor(
    private readonly inner: Clock,
    private readonly factor: number,
  ) {
    super();
    this.#bootOrigin = inner.boottime();
    this.#wallOrigin = inner.wall().milliseconds;
  }

  override boottime(): number {
    return this.#bootOrigin + (this.inner.boottime() - this.#bootOrigin) * this.factor;
  }

  override wall(): WallTime {
    const { milliseconds, synchronized } = this.inner.wall();
    return { milliseconds: this.#wallOrigin + (milliseconds - this.#wallOrigin) * this.factor, synchronized };
  }

  override schedule(delay: number, callback: () => void, name: string): Timer {
    return this.inner.schedule(delay / this.factor, callback, name);
  }
}
