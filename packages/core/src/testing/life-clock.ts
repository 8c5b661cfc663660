import { Clock, type Timer, type WallTime } from '../clock/clock.js';

/** The clock of one process on a simulated device: boottime counts from the boot, and its timers end with the process. */
export class LifeClock extends Clock {
  readonly #timers = new Set<Timer>();
  readonly #overdue: (() => void)[] = [];
  #frozenAt: number | undefined;
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

  override isTurnDue(): boolean {
    return this.time.isTurnDue();
  }

  override nextTurn(): Promise<void> {
    return this.time.nextTurn();
  }

  override schedule(delay: number, callback: () => void, name: string): Timer {
    if (this.#hasEnded) return { cancel: () => {} };
    const fire = (): void => {
      if (this.isFrozen) this.#overdue.push(fire);
      else if (this.#timers.delete(timer)) callback();
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

  get isFrozen(): boolean {
    return this.#frozenAt !== undefined;
  }

  /** The process stands still: what falls due waits. */
  freeze(): void {
    this.#frozenAt ??= this.boottime();
  }

  /** It goes on: it notices the gap, then what fell due fires, and after that `caughtUp` is called. */
  thaw(caughtUp: () => void): void {
    if (this.#frozenAt === undefined || this.#hasEnded) return;
    const gap = { from: this.#frozenAt, to: this.boottime() };
    this.#frozenAt = undefined;
    this.noticed(gap);
    for (const fire of this.#overdue.splice(0)) this.time.schedule(0, fire, 'what fell due');
    this.time.schedule(0, caughtUp, 'what waited');
  }

  /** As the end of a process does: nothing fires any more. */
  end(): void {
    this.#hasEnded = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
