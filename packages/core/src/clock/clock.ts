import { Subject, type Observable } from 'rxjs';
import type { Duration } from './duration.js';

/** The calendar clock. On a board without a battery it may be weeks wrong until it is synchronised. */
export interface WallTime {
  /** Milliseconds since 1970-01-01T00:00:00Z, as the kernel believes. */
  readonly milliseconds: number;
  /** Whether the kernel holds it synchronised (adjtimex(2): maximum error below 16 s, as systemd-timedated reads it). */
  readonly synchronized: boolean;
}

/**
 * A stretch of boottime, in milliseconds, in which this process did nothing: it was stopped or frozen, the machine was
 * suspended, or one piece of work kept the event loop from turning. `from` may be too early, never too late.
 */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** A pending callback. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time. Durations are measured on *boottime* (CLOCK_BOOTTIME: runs through suspend, never jumps);
 * *wall* is for schedules and stamps.
 */
export abstract class Clock {
  readonly #noticedGaps = new Subject<Gap>();

  /** Each gap as soon as it is noticed, and before anything fires that was due in it. */
  get gaps(): Observable<Gap> {
    return this.#noticedGaps;
  }

  /** Milliseconds since the boot of the machine, suspend included (clock_gettime(2), CLOCK_BOOTTIME). */
  abstract boottime(): number;

  /** The calendar now, for schedules and stamps only: it may jump at any time (clock_gettime(2), CLOCK_REALTIME). */
  abstract wall(): WallTime;

  /**
   * Calls back once after `delay` milliseconds of boottime, never before the call has returned; a negative delay counts as 0.
   * `name` is shown when a timer is left open.
   */
  abstract schedule(delay: number, callback: () => void, name: string): Timer;

  /**
   * Notices a gap now, and not only at the next timer. For whoever hands on what came from outside: what waited in a socket
   * may be read before any timer fires.
   */
  lookForGap(): void {}

  /**
   * While somebody holds a pulse, the clock looks at itself so often, and so knows of each gap when it began, to within the
   * interval. It costs one wake of the process for each interval.
   * @returns ends the pulse; calling it twice does nothing
   */
  keepPulse(_interval: Duration): () => void {
    return () => {};
  }

  protected noticed(gap: Gap): void {
    this.#noticedGaps.next(gap);
  }

  /**
   * Whether work that waits for nothing has held the event loop for so long that it should go on in another turn, as in
   * `if (clock.isTurnDue()) await clock.nextTurn()`. Never where time stands still while work is done.
   */
  isTurnDue(): boolean {
    return false;
  }

  /** Resolves when timers, and what has come from outside of the process, have had their turn. */
  nextTurn(): Promise<void> {
    return new Promise(setImmediate);
  }

  /** Resolves after the duration, or rejects with the signal's reason as soon as it is aborted. */
  sleep(duration: Duration, name: string, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = (): void => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      const timer = this.schedule(
        duration.milliseconds,
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        name,
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
