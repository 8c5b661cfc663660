import { Duration } from './duration.js';

/** Pauses after failures: the one after the k-th is delay × factor^(k-1), at most maxDelay, plus up to jitter × pause. */
export interface Backoff {
  readonly delay: Duration;
  readonly factor: number;
  readonly maxDelay: Duration;
  /** 0 to 1. */
  readonly jitter: number;
}

/**
 * @param failures so far, from 1
 * @param random uniform in [0, 1)
 */
export function pauseAfter(failures: number, backoff: Backoff, random: () => number): Duration {
  const { delay, factor, maxDelay, jitter } = backoff;
  // Without a bound, no delay at all would become no number.
  const growth = Math.min(factor ** (failures - 1), Number.MAX_VALUE);
  const pause = Math.min(delay.milliseconds * growth, maxDelay.milliseconds);
  return Duration.ofMilliseconds(Math.round(pause * (1 + jitter * random())));
}
