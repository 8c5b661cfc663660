import { Observable, type Subscriber } from 'rxjs';
import { pauseAfter } from '../clock/backoff.js';
import type { Clock, Timer } from '../clock/clock.js';
import { Poller, type PollOptions } from './poller.js';
import { type Lost, lost } from './reading.js';

export class ClockPoller extends Poller {
  /** @param random uniform in [0, 1) */
  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {
    super();
  }

  override poll<Value>(options: PollOptions<Value>): Observable<Value | Lost> {
    return new Observable<Value | Lost>((subscriber) => {
      const polling = new Polling(options, subscriber, this.clock, this.random);
      subscriber.add(() => polling.stop());
      subscriber.add(options.prompts?.subscribe(() => polling.read()));
      polling.read();
    });
  }
}

/** One subscription to what is polled. */
class Polling<Value> {
  readonly #ending = new AbortController();
  #timer: Timer | undefined;
  /** In a row. */
  #failures = 0;
  #isReading = false;
  #isPrompted = false;

  constructor(
    private readonly options: PollOptions<Value>,
    private readonly subscriber: Subscriber<Value | Lost>,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  /** Now, or right after the reading that is under way. */
  read(): void {
    this.#isPrompted = true;
    if (!this.#isReading) void this.#readWhilePrompted();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#ending.abort();
  }

  async #readWhilePrompted(): Promise<void> {
    this.#isReading = true;
    this.#timer?.cancel();
    while (this.#isPrompted && !this.#ending.signal.aborted) {
      this.#isPrompted = false;
      this.subscriber.next(await this.#readOnce());
    }
    this.#isReading = false;
    if (!this.#ending.signal.aborted) this.#readLater();
  }

  async #readOnce(): Promise<Value | Lost> {
    try {
      const value = await this.options.read(this.#ending.signal);
      this.#failures = 0;
      return value;
    } catch (error) {
      this.#failures += 1;
      return lost(error instanceof Error ? error.message : String(error));
    }
  }

  #readLater(): void {
    const { name, every, jitter = 0, longestPause = every } = this.options;
    const backoff = { delay: every, factor: 2, maxDelay: longestPause, jitter };
    const pause = pauseAfter(Math.max(1, this.#failures), backoff, this.random);
    this.#timer = this.clock.schedule(pause.milliseconds, () => this.read(), name);
  }
}
