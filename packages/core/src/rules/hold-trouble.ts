import type { Duration } from '../clock/duration.js';

/** A hold whose action failed, or ended by itself, and has not lasted for a minute since. */
export interface HoldTrouble {
  /** In a row. */
  readonly failures: number;
  /** The last one. */
  readonly failure: { readonly code: string; readonly message: string };
  /** Until it is tried again, or since when it is. */
  readonly next: { readonly in: Duration } | { readonly since: Duration };
}

export function describeTrouble({ failures, failure, next }: HoldTrouble): string {
  const amount = failures === 1 ? 'once, with' : `${failures} times in a row, the last time with`;
  const failed = `failed ${amount}: ${failure.message} [${failure.code}]`;
  return 'in' in next
    ? `its hold ${failed}; it is tried again in ${next.in.inSeconds()}`
    : `its hold is tried again since ${next.since.inSeconds()}, after it ${failed}`;
}
