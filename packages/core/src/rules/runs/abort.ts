import type { Clock } from '../../clock/clock.js';
import type { Duration } from '../../clock/duration.js';

/** Runs the body under a signal of its own that is aborted with the parent, and that the body's owner may abort. */
export async function underSignal<Result>(
  parent: AbortSignal,
  body: (controller: AbortController) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const forward = (): void => controller.abort(parent.reason);
  if (parent.aborted) forward();
  parent.addEventListener('abort', forward, { once: true });
  try {
    return await body(controller);
  } finally {
    parent.removeEventListener('abort', forward);
  }
}

/**
 * Aborts the body with `error()` when it takes longer than `limit`, at once when there is nothing left of it. Waits until the body has ended, which all work of a run
 * does soon after its signal was aborted.
 */
export function withTimeout<Result>(
  clock: Pick<Clock, 'schedule'>,
  limit: Duration,
  error: () => Error,
  parent: AbortSignal,
  body: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return underSignal(parent, async (controller) => {
    const expire = (): void => controller.abort(error());
    if (limit.milliseconds <= 0) expire();
    const timer = clock.schedule(limit.milliseconds, expire, 'timeout');
    try {
      return await body(controller.signal);
    } catch (thrown) {
      throw controller.signal.aborted ? controller.signal.reason : thrown;
    } finally {
      timer.cancel();
    }
  });
}
