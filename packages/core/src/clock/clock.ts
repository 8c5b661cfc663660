import type { Duration } from './duration.js';

/** The calendar clock. On a board without a battery it may be weeks wrong until it is synchronised. */
export interface WallTime {
  /** Milliseconds since 1970-01-01T00:00:00Z, as the kernel believes. */
  readonly milliseconds: number;
  /** Whether the kernel holds it synchronised (adjtimex(2): maximum error below 16 s, as systemd-timedated reads it). */
  readonly synchronized: boolean;
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
  /** Milliseconds since the boot of the machine, suspend included (clock_gettime(2), CLOCK_BOOTTIME). */
  abstract boottime(): number;

  /** The calendar now, for schedules and stamps only: it may jump at any time (clock_gettime(2), CLOCK_REALTIME). */
  abstract wall(): WallTime;

  /**
   * Calls back once after `delay` milliseconds of boottime, never before the call has returned; a negative delay counts as 0.
   * `name` is shown when a timer is left open.
   */
  abstract schedule(delay: number, callback: () => void, name: string): Timer;

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
