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

/** Gives up waiting as soon as the signal is aborted, also for work that does not look at the signal. */
export function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Aborts the body with `error()` when it takes longer than `limit`. */
export function withTimeout<Result>(
  clock: Clock,
  limit: Duration,
  error: () => Error,
  parent: AbortSignal,
  body: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return underSignal(parent, async (controller) => {
    const timer = clock.schedule(limit.milliseconds, () => controller.abort(error()), 'timeout');
    try {
      return await orAborted(body(controller.signal), controller.signal);
    } finally {
      timer.cancel();
    }
  });
}
