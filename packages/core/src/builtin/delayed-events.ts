import { type Observable, Subject } from 'rxjs';
import type { Clock, Timer } from '../clock/clock.js';
import type { Logger } from '../diagnostics/logger.js';

interface WaitingEvent<Event> {
  readonly event: Event;
  readonly size: number;
}

/** What may wait; bytes as in memory. */
export interface DelayedCapacity {
  readonly events: number;
  readonly bytes: number;
}

/**
 * Carries events from rules to rules. Delivery waits a millisecond, so that rules which answer each other without end leave
 * room for everything else; beyond the capacity the oldest is dropped, and one line of the log tells of all that were.
 */
export class DelayedEvents<Event> {
  readonly #events = new Subject<Event>();
  #waiting: WaitingEvent<Event>[] = [];
  #bytes = 0;
  #dropped = 0;
  #lastDropped: string | undefined;
  #timer: Timer | undefined;
  #isHeld = false;

  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
    /** As the log names them: `custom events`. */
    private readonly title: string,
    private readonly capacity: DelayedCapacity,
    private readonly nameOf: (event: Event) => string,
  ) {}

  get all(): Observable<Event> {
    return this.#events;
  }

  /** Whether somebody hears an event that comes now, or may have come by the time it is delivered. */
  get isWanted(): boolean {
    return this.#isHeld || this.#events.observed;
  }

  push(event: Event, size: number): void {
    while (this.#waiting.length === this.capacity.events || this.#bytes + size > this.capacity.bytes) this.#drop();
    this.#waiting.push({ event, size });
    this.#bytes += size;
    this.#deliverLater();
  }

  /** What comes from now on waits until the returned function is called: those who are to hear it are not all there yet. */
  hold(): () => void {
    this.#isHeld = true;
    return () => {
      this.#isHeld = false;
      if (this.#waiting.length > 0) this.#deliverLater();
    };
  }

  dispose(): void {
    this.#timer?.cancel();
    this.#events.complete();
  }

  #deliverLater(): void {
    this.#timer ??= this.clock.schedule(1, () => this.#deliver(), `delivery of ${this.title}`);
  }

  #deliver(): void {
    this.#timer = undefined;
    if (this.#isHeld) return;
    this.#tellDropped();
    const batch = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    for (const { event } of batch) this.#events.next(event);
  }

  #drop(): void {
    const { event, size } = this.#waiting.shift()!;
    this.#lastDropped = this.nameOf(event).slice(0, 100);
    this.#bytes -= size;
    this.#dropped += 1;
  }

  /** One line for a flood, which would otherwise become a flood of lines. */
  #tellDropped(): void {
    if (this.#dropped === 0) return;
    const { events, bytes } = this.capacity;
    const most = `at most ${events} may wait, or ${bytes / 2 ** 20} MiB; the last of them was "${this.#lastDropped}"`;
    this.log.warn(`${this.#dropped} ${this.title} were dropped: ${most}.`);
    this.#dropped = 0;
  }
}
