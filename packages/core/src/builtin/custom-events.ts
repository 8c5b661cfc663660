import { injectable } from 'inversify';
import { type Observable, Subject } from 'rxjs';
import { Clock, type Timer } from '../clock/clock.js';
import { coreError } from '../diagnostics/core-errors.js';
import { Logger } from '../diagnostics/logger.js';
import { dynamic, z } from '../schemas/schema.js';
import { sizeOfValue } from '../schemas/value-size.js';

export const customEvent = z.object({ event: z.string().min(1), data: dynamic().default(null) });
export type CustomEvent = z.output<typeof customEvent>;

/** Of the events that wait, and of one; bytes as in memory. */
const capacity = { events: 1_000, bytes: 4 * 1024 * 1024 };
const largest = 1024 * 1024;

interface WaitingEvent extends CustomEvent {
  readonly size: number;
}

/**
 * Carries what rules emit to the rules that listen with `custom`. Delivery waits a millisecond, so that rules which
 * answer each other without end leave room for everything else; beyond 1,000 waiting events, or 4 MiB of them, the oldest
 * is dropped.
 */
@injectable()
export class CustomEvents {
  private readonly events = new Subject<CustomEvent>();
  private waiting: WaitingEvent[] = [];
  private bytes = 0;
  private dropped = 0;
  private lastDropped: string | undefined;
  private timer: Timer | undefined;
  private isHeld = false;

  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  get all(): Observable<CustomEvent> {
    return this.events;
  }

  /** @throws DeviceError `EVENT_TOO_LARGE` */
  emit(event: string, data: unknown): void {
    const size = sizeOfValue({ event, data }, largest);
    if (size > largest) {
      throw coreError('EVENT_TOO_LARGE', `The data of the event "${event.slice(0, 100)}" is too large to be emitted.`);
    }
    while (this.waiting.length === capacity.events || this.bytes + size > capacity.bytes) this.drop();
    this.waiting.push({ event, data: data ?? null, size });
    this.bytes += size;
    this.deliverLater();
  }

  /** What is emitted from now on waits until the returned function is called: those who are to hear it are not all there yet. */
  hold(): () => void {
    this.isHeld = true;
    return () => {
      this.isHeld = false;
      if (this.waiting.length > 0) this.deliverLater();
    };
  }

  dispose(): void {
    this.timer?.cancel();
    this.events.complete();
  }

  private deliverLater(): void {
    this.timer ??= this.clock.schedule(1, () => this.deliver(), 'delivery of custom events');
  }

  private deliver(): void {
    this.timer = undefined;
    if (this.isHeld) return;
    this.tellDropped();
    const batch = this.waiting;
    this.waiting = [];
    this.bytes = 0;
    for (const { event, data } of batch) this.events.next({ event, data });
  }

  private drop(): void {
    const { event, size } = this.waiting.shift()!;
    this.lastDropped = event.slice(0, 100);
    this.bytes -= size;
    this.dropped += 1;
  }

  /** One line for a flood, which would otherwise become a flood of lines. */
  private tellDropped(): void {
    if (this.dropped === 0) return;
    const most = `at most ${capacity.events} may wait, or ${capacity.bytes / 2 ** 20} MiB; the last of them was "${this.lastDropped}"`;
    this.log.warn(`${this.dropped} custom events were dropped: ${most}.`);
    this.dropped = 0;
  }
}
