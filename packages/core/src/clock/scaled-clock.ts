import { map, type Observable } from 'rxjs';
import { Clock, type Gap, type Timer, type WallTime } from './clock.js';
import { Duration } from './duration.js';

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

  override get gaps(): Observable<Gap> {
    return this.inner.gaps.pipe(map(({ from, to }) => ({ from: this.#scaled(from), to: this.#scaled(to) })));
  }

  override boottime(): number {
    return this.#scaled(this.inner.boottime());
  }

  override wall(): WallTime {
    const { milliseconds, synchronized } = this.inner.wall();
    return { milliseconds: this.#wallOrigin + (milliseconds - this.#wallOrigin) * this.factor, synchronized };
  }

  override isTurnDue(): boolean {
    return this.inner.isTurnDue();
  }

  override nextTurn(): Promise<void> {
    return this.inner.nextTurn();
  }

  override schedule(delay: number, callback: () => void, name: string): Timer {
    return this.inner.schedule(delay / this.factor, callback, name);
  }

  override lookForGap(): void {
    this.inner.lookForGap();
  }

  override keepPulse(interval: Duration): () => void {
    return this.inner.keepPulse(Duration.ofMilliseconds(interval.milliseconds / this.factor));
  }

  #scaled(boottime: number): number {
    return this.#bootOrigin + (boottime - this.#bootOrigin) * this.factor;
  }
}
