import { Subject, take, type Observable, type Subscription } from 'rxjs';
import type { Clock, Gap, Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { Logger } from '../diagnostics/logger.js';
import type { Ledger } from '../ledger/ledger.js';
import type { StreamHub } from '../streams/stream-hub.js';

const shortestPulse = Duration.parse('1s').milliseconds;
const longestPulse = Duration.parse('10s').milliseconds;
/** Share of a time that counts by which a gap in it may seem longer than it was. */
const precision = 1 / 20;

/**
 * After a gap, what the rules know may be old: the process was stopped, frozen, suspended or blocked. Until the state
 * streams were read again, and what waited in sockets was delivered, nothing fires and no condition is decided.
 */
export class CatchUp {
  readonly #gaps = new Subject<Gap>();
  readonly #over = new Subject<void>();
  readonly #subscription: Subscription;
  #present: Gap | undefined;
  #attempts = 0;

  constructor(
    private readonly clock: Clock,
    private readonly streams: StreamHub,
    private readonly ledger: Ledger,
    private readonly log: Logger,
  ) {
    this.#subscription = clock.gaps.subscribe((gap) => this.#begin(gap));
  }

  /**
   * Whether something has to be read again. Whoever asks is about to decide, and the process may have stood still in the
   * middle of what it is doing, before a timer or a reading could show it: so it is looked for.
   */
  isOn(): boolean {
    this.clock.lookForGap();
    return this.#present !== undefined;
  }

  /** The gap that is being caught up with, in device time. */
  get gap(): Gap | undefined {
    return this.#present;
  }

  /** Each gap in device time, before anything is read again: whoever counts time leaves it out. */
  get gaps(): Observable<Gap> {
    return this.#gaps;
  }

  /** Each time that all is read again. */
  get over(): Observable<void> {
    return this.#over;
  }

  /** Calls back when all is read again; now, if it is. */
  whenOver(callback: () => void): Timer {
    if (!this.isOn()) {
      callback();
      return { cancel: () => {} };
    }
    const subscription = this.#over.pipe(take(1)).subscribe(callback);
    return { cancel: () => subscription.unsubscribe() };
  }

  /**
   * Calls back after `delay` milliseconds of boottime, and not while something has to be read again. Meanwhile the clock
   * keeps a pulse, so that a gap is known to be no longer than it was.
   */
  schedule(delay: number, callback: () => void, name: string): Timer {
    const endPulse = this.clock.keepPulse(pulseOf(delay));
    let waiting: Timer | undefined;
    const timer = this.clock.schedule(
      delay,
      () => {
        endPulse();
        waiting = this.whenOver(callback);
      },
      name,
    );
    return {
      cancel: () => {
        endPulse();
        timer.cancel();
        waiting?.cancel();
      },
    };
  }

  close(): void {
    this.#subscription.unsubscribe();
    this.#attempts++;
  }

  #begin({ from, to }: Gap): void {
    const length = Duration.ofMilliseconds(to - from).inSeconds();
    const sinceBoot = this.ledger.deviceTime() - this.clock.boottime();
    const gap = { from: sinceBoot + from, to: sinceBoot + to };
    this.log.warn(
      `The process stood still for up to ${length}: it was stopped, frozen, suspended or blocked. ` +
        'That time counts for no rule, and all that rules read is read again.',
      { gap: length.toString() },
    );
    this.#present = { from: this.#present?.from ?? gap.from, to: gap.to };
    const attempt = ++this.#attempts;
    this.#gaps.next(gap);
    // A power cut must not make the time of the gap count. A disk that fails is reported by the ledger.
    this.ledger.commit().catch(() => undefined);
    const end = (): void => {
      if (attempt !== this.#attempts) return;
      this.#present = undefined;
      this.#over.next();
    };
    // Whatever becomes of the streams, rules go on.
    this.streams.catchUp().then(end, end);
  }
}

function pulseOf(delay: number): Duration {
  return Duration.ofMilliseconds(Math.min(longestPulse, Math.max(shortestPulse, delay * precision)));
}
