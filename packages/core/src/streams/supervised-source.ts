import { defer, Subscription, UnsubscriptionError, type Observable } from 'rxjs';
import type { Clock, Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { Logger } from '../diagnostics/logger.js';
import type { StreamObserver } from './stream-observer.js';

const firstPause = Duration.parse('1s').milliseconds;
const longestPause = Duration.parse('60s').milliseconds;
/** Share of a pause by which it may be shorter, so that many devices do not come back at once. */
const jitter = 0.2;

export interface SourceObserver<Value> {
  next(value: Value): void;
  /** The source failed or ended; it is opened again after a pause. */
  fault(reason: string): void;
}

/** What a source stands on, equal for all sources of a hub. */
export interface SourceSurroundings {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly observer: StreamObserver;
}

/**
 * Keeps one source of a plugin open. An error, a throw of `open` and an end are faults: they are told to the observer and
 * to the log with the plugin's name, and the source is opened again after 1 s, 2 s, 4 s … at most 60 s. A source that
 * stayed up for longer than its last pause starts again from 1 s. What a plugin throws when its source is closed is told,
 * too, and never reaches those who end or restart it.
 */
export class SupervisedSource<Value> {
  #subscription = Subscription.EMPTY;
  #retry: Timer | undefined;
  #pause = 0;
  #restarts = 0;
  #fault: string | undefined;

  constructor(
    private readonly name: { readonly stream: string; readonly parameters: unknown; readonly plugin: string },
    private readonly open: () => Observable<Value>,
    private readonly observer: SourceObserver<Value>,
    private readonly surroundings: SourceSurroundings,
  ) {}

  get restarts(): number {
    return this.#restarts;
  }

  /** Why the source is closed; undefined while it is open. */
  get fault(): string | undefined {
    return this.#fault;
  }

  start(): void {
    this.#open(
      () => true,
      () => {},
    );
  }

  /**
   * Opens the source a second time. The first one is closed when the second has emitted, so that nothing is missed in
   * between; the promise resolves then, and also when the source is closed or fails.
   * @param isEnough whether what the second one emitted is as much as the first one gave; it is not heard before
   */
  renew(isEnough: (value: Value) => boolean): Promise<void> {
    const former = this.#subscription;
    if (former.closed) return Promise.resolve();
    return new Promise((resolve) => {
      const endFormer = (): void => {
        former.unsubscribe();
        resolve();
      };
      this.#open((value) => former.closed || isEnough(value), endFormer).add(endFormer);
    });
  }

  #open(isHeard: (value: Value) => boolean, emitted: () => void): Subscription {
    const { clock } = this.surroundings;
    const openedAt = clock.boottime();
    const subscription = new Subscription();
    this.#subscription = subscription;
    this.#fault = undefined;
    const source = defer(this.open).subscribe({
      next: (value) => {
        clock.lookForGap();
        if (subscription.closed || !isHeard(value)) return;
        this.observer.next(value);
        emitted();
      },
      error: (error: unknown) => this.#failed(subscription, openedAt, reasonOf(error)),
      complete: () => this.#failed(subscription, openedAt, 'the source ended'),
    });
    subscription.add(() => this.#close(source));
    return subscription;
  }

  stop(): void {
    this.#retry?.cancel();
    this.#subscription.unsubscribe();
  }

  #failed(subscription: Subscription, openedAt: number, cause: string): void {
    if (subscription.closed) return;
    if (subscription !== this.#subscription) return subscription.unsubscribe();
    this.#fault = cause;
    subscription.unsubscribe();
    const reason = this.#fault;
    const { clock, log, random } = this.surroundings;
    const stayedUp = clock.boottime() - openedAt > this.#pause;
    this.#pause = stayedUp ? firstPause : Math.min(longestPause, Math.max(firstPause, 2 * this.#pause));
    const pause = Math.round(this.#pause * (1 - jitter * random()));
    this.#retry = clock.schedule(pause, () => this.#restart(), `open ${this.name.stream} again`);
    log.warn(`The stream ${this.name.stream} of ${this.name.plugin} is lost: ${reason}. It is opened again.`, {
      ...this.name,
      reason,
      pause: Duration.ofMilliseconds(pause).toString(),
    });
    this.observer.fault(reason);
  }

  #close(source: Subscription): void {
    try {
      source.unsubscribe();
    } catch (error) {
      const reason = `it could not be closed: ${reasonOf(error)}`;
      this.#fault = this.#fault === undefined ? reason : `${this.#fault}; ${reason}`;
      this.surroundings.log.warn(`The stream ${this.name.stream} of ${this.name.plugin} is at fault: ${reason}`, {
        ...this.name,
        reason,
      });
    }
  }

  #restart(): void {
    this.#restarts++;
    this.start();
  }
}

export function reasonOf(error: unknown): string {
  if (error instanceof UnsubscriptionError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
