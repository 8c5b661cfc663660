import { Clock, type Timer, type WallTime } from './clock.js';
import { Duration } from './duration.js';

export interface VirtualClockOptions {
  /** Milliseconds since boot at the start; default 0. */
  readonly boottime?: number;
  /** Milliseconds since 1970-01-01T00:00:00Z at the start; default 2026-01-01T00:00:00Z. */
  readonly wall?: number;
  /** Default true. */
  readonly synchronized?: boolean;
  /**
   * Turns of the event loop that work started by a timer gets before the next one. Default 4, for work that waits for streams
   * of Node or dynamic imports; 1 is enough, and faster, where everything is made of promises.
   */
  readonly turns?: number;
}

interface PendingTimer {
  readonly due: number;
  readonly sequence: number;
  readonly name: string;
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is told to move. Timers fire in order of their due time, equal ones in order of
 * scheduling; promises settle between one timer and the next, so that a year passes as it would, only sooner.
 */
export class VirtualClock extends Clock {
  readonly #pending: PendingTimer[] = [];
  #now: number;
  #wallAtBoot: number;
  #synchronized: boolean;
  #sequence = 0;
  readonly #turns: number;
  #advancing: Promise<void> = Promise.resolve();
  #frozenAt: number | undefined;

  constructor({ boottime = 0, wall = Date.UTC(2026, 0, 1), synchronized = true, turns = 4 }: VirtualClockOptions = {}) {
    super();
    this.#now = boottime;
    this.#wallAtBoot = wall - boottime;
    this.#synchronized = synchronized;
    this.#turns = turns;
  }

  override boottime(): number {
    return this.#now;
  }

  override wall(): WallTime {
    return { milliseconds: this.#wallAtBoot + this.#now, synchronized: this.#synchronized };
  }

  override schedule(delay: number, callback: () => void, name: string): Timer {
    const timer: PendingTimer = { due: this.#now + Math.max(0, delay), sequence: this.#sequence++, name, callback };
    this.#pending.splice(this.#placeOf(timer), 0, timer);
    return {
      cancel: () => {
        const place = this.#placeOf(timer);
        if (this.#pending[place] === timer) this.#pending.splice(place, 1);
      },
    };
  }

  /** The names of the timers that wait, the next one first. */
  get pendingTimers(): readonly string[] {
    return this.#pending.map((timer) => timer.name);
  }

  /**
   * Moves boottime and wall forward and fires all that falls due on the way. Resolves when the due timers and the promises
   * they started are done; rejects with what a callback throws. Calls that overlap run one after the other.
   *
   * @param isOver asked before the first and after each timer; true stops the time there
   */
  advance(duration: Duration, isOver?: () => boolean): Promise<void> {
    const advanced = this.#advancing.then(() => this.#advanceBy(duration.milliseconds, isOver));
    this.#advancing = advanced.catch(() => undefined);
    return advanced;
  }

  /** Lets started promises settle without moving the time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < this.#turns; turn++) await new Promise(setImmediate);
  }

  /** Sets the calendar clock forward, or back when negative, as `date --set` would. Takes a Duration or milliseconds. */
  jumpWall(distance: Duration | number): void {
    this.#wallAtBoot += distance.valueOf();
  }

  /** As when the process is stopped: time passes, and nothing fires until it is thawed. */
  freeze(): void {
    this.#frozenAt ??= this.#now;
  }

  /** The process goes on: it notices the gap, then all fires that was due in it. */
  thaw(): Promise<void> {
    const from = this.#frozenAt;
    this.#frozenAt = undefined;
    if (from !== undefined) this.noticed({ from, to: this.#now });
    return this.advance(Duration.zero);
  }

  setSynchronized(synchronized: boolean): void {
    this.#synchronized = synchronized;
  }

  async #advanceBy(milliseconds: number, isOver = () => false): Promise<void> {
    const target = this.#now + milliseconds;
    await this.settle();
    if (isOver()) return;
    if (this.#frozenAt !== undefined) return void (this.#now = target);
    for (let next = this.#pending[0]; next && next.due <= target; next = this.#pending[0]) {
      this.#pending.shift();
      this.#now = Math.max(this.#now, next.due);
      next.callback();
      await this.settle();
      if (isOver()) return;
    }
    this.#now = target;
  }

  /** Where the timer is, or belongs, in the queue. */
  #placeOf({ due, sequence }: PendingTimer): number {
    let low = 0;
    let high = this.#pending.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#pending[middle]!;
      if (other.due < due || (other.due === due && other.sequence < sequence)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
