import { injectable } from 'inversify';
import { type Observable, Subject } from 'rxjs';
import { Clock, type Timer } from '../clock/clock.js';
import { Logger } from '../diagnostics/logger.js';
import { dynamic, z } from '../schemas/schema.js';

export const customEvent = z.object({ event: z.string().min(1), data: dynamic().default(null) });
export type CustomEvent = z.output<typeof customEvent>;

const capacity = 1_000;

/**
 * Carries what rules emit to the rules that listen with `custom`. Delivery waits a millisecond, so that rules which
 * answer each other without end leave room for everything else; beyond 1,000 waiting events the oldest is dropped.
 */
@injectable()
export class CustomEvents {
  private readonly events = new Subject<CustomEvent>();
  private waiting: CustomEvent[] = [];
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

  emit(event: string, data: unknown): void {
    if (this.waiting.length === capacity) {
      this.lastDropped = this.waiting.shift()?.event;
      this.dropped += 1;
    }
    this.waiting.push({ event, data: data ?? null });
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
    for (const event of batch) this.events.next(event);
  }

  /** One line for a flood, which would otherwise become a flood of lines. */
  private tellDropped(): void {
    if (this.dropped === 0) return;
    const most = `at most ${capacity} may wait; the last of them was "${this.lastDropped}"`;
    this.log.warn(`${this.dropped} custom events were dropped: ${most}.`);
    this.dropped = 0;
  }
}
