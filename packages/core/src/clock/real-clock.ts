import { existsSync } from 'node:fs';
import { uptime } from 'node:os';
import { Clock, type Timer, type WallTime } from './clock.js';
import type { Duration } from './duration.js';
import { LateTimers } from './late-timers.js';
import { Pulse } from './pulse.js';
import { Turns } from './turns.js';

/**
 * A delay is waited for in legs: setTimeout stands still while the machine is suspended, so that a timer is at most a leg
 * late after it woke, and counts in 32 bits.
 */
const longestLeg = 60_000;

/** Uptime is read again after this much monotonic time, and so finds a suspend that the monotonic clock slept through. */
const anchorLifetime = 1_000;

/** Uptime has a resolution of a second on old kernels; a smaller difference is no suspend. */
const uptimeTolerance = 2_000;

/** A timer that is later than this was in a gap; a busy machine alone makes it later by less. */
const gapTolerance = 1_000;

/** A timer that is later than this lets the event loop read what waits in sockets first. */
const lateness = 20;

/** Created by systemd-timesyncd at the first synchronisation since boot (systemd-timesyncd.service(8)). */
const synchronizedMarker = '/run/systemd/timesync/synchronized';

export interface RealClockOptions {
  /**
   * Whether the kernel holds the wall clock synchronised. The flag of adjtimex(2) is out of reach of Node, so the default
   * looks for the marker of systemd-timesyncd, and says no where that is not to be seen.
   */
  readonly synchronized?: () => boolean;
}

interface PendingTimer {
  readonly due: number;
  readonly name: string;
  readonly callback: () => void;
  /** Boottime at which its present leg ends. */
  wakesAt: number;
  timeout?: NodeJS.Timeout;
}

/**
 * The machine's clocks: boottime runs through suspend (CLOCK_BOOTTIME, read as uptime), with sub-millisecond resolution.
 * Node runs due timers before it reads sockets, so those that are late wait until it has done so.
 */
export class RealClock extends Clock {
  readonly #synchronized: () => boolean;
  readonly #pending = new Set<PendingTimer>();
  readonly #late = new LateTimers();
  readonly #pulse = new Pulse((interval, beat) => this.schedule(interval, beat, 'pulse'));
  readonly #turns = new Turns();
  #anchor = anchorNow();
  /** Boottime at which the process was last seen to be at work. */
  #seen = this.#anchor.boottime;
  /** No pending timer has to wake before. */
  #wakesFrom = Infinity;

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

  override schedule(delay: number, callback: () => void, name: string): Timer {
    const now = this.boottime();
    const due = now + delay;
    const timer: PendingTimer = { due, name, callback, wakesAt: due };
    this.#pending.add(timer);
    this.#wait(timer, now);
    return { cancel: () => this.#cancel(timer) };
  }

  /** The names of the timers that wait. */
  get pendingTimers(): readonly string[] {
    return [...this.#pending].map(({ name }) => name);
  }

  override lookForGap(): void {
    const now = this.boottime();
    if (now - this.#wakesFrom <= gapTolerance) return;
    this.#wakesFrom = Infinity;
    for (const { wakesAt } of this.#pending) this.#wakesFrom = Math.min(this.#wakesFrom, wakesAt);
    if (now - this.#wakesFrom <= gapTolerance) return;
    // What is late now is not looked for again before it had time to fire.
    this.#wakesFrom = now;
    this.#noticeGap(now);
  }

  override keepPulse(interval: Duration): () => void {
    return this.#pulse.keep(interval);
  }

  override isTurnDue(): boolean {
    return this.#turns.areDue();
  }

  override nextTurn(): Promise<void> {
    return this.#turns.next();
  }

  /** Cancels all that is pending, so that the process can end. */
  dispose(): void {
    for (const timer of this.#pending) this.#cancel(timer);
  }

  #wait(timer: PendingTimer, now: number): void {
    timer.wakesAt = Math.max(now, Math.min(timer.due, now + longestLeg));
    this.#wakesFrom = Math.min(this.#wakesFrom, timer.wakesAt);
    timer.timeout = setTimeout(() => this.#wake(timer), timer.wakesAt - now);
  }

  #wake(timer: PendingTimer): void {
    const now = this.boottime();
    const lateBy = now - timer.wakesAt;
    if (lateBy > gapTolerance) this.#noticeGap(now);
    else this.#seen = now;
    if (!this.#pending.has(timer)) return;
    if (now < timer.due - 1) return this.#wait(timer, now);
    const fire = (): void => {
      if (this.#pending.delete(timer)) timer.callback();
    };
    if (lateBy > lateness || this.#late.areWaiting) this.#late.add(fire);
    else fire();
  }

  #noticeGap(now: number): void {
    const from = this.#seen;
    this.#seen = now;
    if (now - from > gapTolerance) this.noticed({ from, to: now });
  }

  #cancel(timer: PendingTimer): void {
    clearTimeout(timer.timeout);
    this.#pending.delete(timer);
  }
}

function anchorNow(): { readonly monotonic: number; readonly boottime: number } {
  return { monotonic: performance.now(), boottime: uptime() * 1_000 };
}
