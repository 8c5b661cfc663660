import type { Clock, Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';

/** Time that work gets to clean up after its signal was aborted, before it is left behind. */
const gracePeriod = Duration.parse('5s');

export type AttemptOutcome =
  | { readonly kind: 'succeeded'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** `left` settles when work that ignored its signal ends after all; undefined when it ended in its grace period. */
  | { readonly kind: 'timed-out' | 'aborted'; readonly left?: Promise<void> };

export interface AttemptLimits {
  readonly name: string;
  readonly timeout: Duration;
  /** Ends the attempt from outside. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Runs work until it ends, its time is over, or it is aborted from outside, which it is not yet. Never rejects. */
export async function superviseAttempt(
  work: (signal: AbortSignal) => Promise<unknown>,
  { name, timeout, signal, clock }: AttemptLimits,
): Promise<AttemptOutcome> {
  const controller = new AbortController();
  const running = settle(work, controller.signal);
  const first = await firstOf(running, signal, clock, timeout, name);
  if (typeof first === 'object') return first;
  controller.abort(first);
  const ended = running.then(() => undefined);
  return (await endsWithin(gracePeriod, ended, clock, name)) ? { kind: first } : { kind: first, left: ended };
}

async function settle(work: (signal: AbortSignal) => Promise<unknown>, signal: AbortSignal): Promise<AttemptOutcome> {
  try {
    return { kind: 'succeeded', output: await work(signal) };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

/** How the work ended, or what came before that. */
function firstOf(
  running: Promise<AttemptOutcome>,
  signal: AbortSignal,
  clock: Clock,
  timeout: Duration,
  name: string,
): Promise<AttemptOutcome | 'timed-out' | 'aborted'> {
  return new Promise((resolve) => {
    const settleWith = (first: AttemptOutcome | 'timed-out' | 'aborted'): void => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      resolve(first);
    };
    const onAbort = (): void => settleWith('aborted');
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = clock.schedule(timeout.milliseconds, () => settleWith('timed-out'), `timeout of ${name}`);
    void running.then(settleWith);
  });
}

async function endsWithin(period: Duration, ended: Promise<void>, clock: Clock, name: string): Promise<boolean> {
  const { promise: over, resolve } = deferred<false>();
  const timer: Timer = clock.schedule(period.milliseconds, () => resolve(false), `grace period of ${name}`);
  const inTime = await Promise.race([ended.then(() => true), over]);
  timer.cancel();
  return inTime;
}

function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settled) => (resolve = settled));
  return { promise, resolve };
}
