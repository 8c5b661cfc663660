import { isDeepStrictEqual } from 'node:util';
import { BehaviorSubject, Observable } from 'rxjs';
import { Lost, Stale, type Quality, type Reading } from './reading.js';
import type { SharedName } from './shared-events.js';
import type { StateStream } from './stream.js';
import type { StreamStatus } from './stream-hub.js';
import { reasonOf, SupervisedSource, type SourceSurroundings } from './supervised-source.js';

/** One open state source: its latest reading and those who follow it. */
export class SharedState {
  readonly #changes: BehaviorSubject<Reading>;
  readonly #source: SupervisedSource<unknown>;
  #reading: Reading;
  #followers = 0;
  #emissions = 0;
  /** Whether it did not say in time how it is, after a gap. */
  #isOverdue = false;
  #telling = false;

  /** The present reading at once, then each change. The source is open as long as somebody follows. */
  readonly changes = new Observable<Reading>((follower) => {
    if (this.#followers++ === 0) this.#source.start();
    const subscription = this.#changes.subscribe(follower);
    return () => {
      subscription.unsubscribe();
      if (--this.#followers > 0) return;
      this.#source.stop();
      this.onIdle();
    };
  });

  constructor(
    private readonly name: SharedName,
    private readonly instance: StateStream,
    private readonly surroundings: SourceSurroundings,
    private readonly onIdle: () => void,
  ) {
    this.#reading = notReadYet(surroundings.clock.boottime());
    this.#changes = new BehaviorSubject(this.#reading);
    const { stream, parameters, plugin } = name;
    this.#source = new SupervisedSource(
      { stream, parameters, plugin },
      () => instance.open(name.parameters),
      {
        next: (value) => this.#hear(value),
        fault: (reason) => this.#degrade('lost', reason),
      },
      surroundings,
    );
  }

  get reading(): Reading {
    return this.#reading;
  }

  /** A sample that fails is a reading of quality `lost`. */
  sample(): Reading {
    const { quality, value } = this.#reading;
    if (quality !== 'ok' || !this.instance.sample) return this.#reading;
    try {
      return { ...this.#reading, value: this.instance.sample(this.name.parameters, value) };
    } catch (error) {
      return this.#readingOf('lost', value, `it cannot be read: ${reasonOf(error)}`);
    }
  }

  /**
   * Opens the source again and closes the former one when the new one has emitted, so that also what had waited for the
   * former one is heard.
   * @param isLate resolves when it is time to hold the last reading for lost
   */
  async readAgain(isLate: Promise<void>): Promise<void> {
    // It has been opened again, and nothing relies on it: gaps that come often must not hold up everything for its sake.
    if (this.#isOverdue) return;
    const isRead = await Promise.race([this.#source.renew().then(() => true), isLate.then(() => false)]);
    if (isRead) return;
    this.#isOverdue = true;
    this.#degrade('lost', 'it was not read again since the engine stood still');
  }

  close(): void {
    this.#source.stop();
    this.#changes.complete();
  }

  status(): StreamStatus {
    const { stream, parameters } = this.name;
    const fault = this.#source.fault;
    return {
      stream,
      parameters,
      kind: 'state',
      subscribers: this.#followers,
      reading: this.#reading,
      events: this.#emissions,
      dropped: 0,
      restarts: this.#source.restarts,
      ...(fault !== undefined && { fault }),
    };
  }

  #accept(value: unknown): void {
    this.#emissions++;
    const { quality, value: latest } = this.#reading;
    if (quality !== 'ok' || !isDeepStrictEqual(latest, value)) this.#change(this.#readingOf('ok', value));
  }

  #hear(value: unknown): void {
    this.#isOverdue = false;
    if (value instanceof Lost) this.#degrade('lost', value.reason);
    else if (!(value instanceof Stale)) this.#accept(value);
    else if (this.#reading.value !== undefined) this.#degrade('stale', value.reason);
  }

  #degrade(to: 'stale' | 'lost', reason: string): void {
    const { quality, reason: known, value } = this.#reading;
    if (quality !== to || known !== reason) this.#change(this.#readingOf(to, value, reason));
  }

  #readingOf(quality: Quality, value: unknown, reason?: string): Reading {
    const { quality: present, since } = this.#reading;
    return {
      value,
      quality,
      since: quality === present ? since : this.surroundings.clock.boottime(),
      ...(reason !== undefined && { reason }),
    };
  }

  /** A change that a follower causes is told after the present one, so that all end with the latest. */
  #change(reading: Reading): void {
    this.surroundings.observer.reading(this.name, reading, this.#reading);
    this.#reading = reading;
    if (this.#telling) return;
    this.#telling = true;
    while (this.#changes.value !== this.#reading) this.#changes.next(this.#reading);
    this.#telling = false;
  }
}

/** The reading of a source that is closed or has not answered. */
export function notReadYet(since: number): Reading {
  return { value: undefined, quality: 'lost', since, reason: 'not read yet' };
}
