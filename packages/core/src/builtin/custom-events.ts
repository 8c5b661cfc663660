import { injectable } from 'inversify';
import type { Observable } from 'rxjs';
import { Clock } from '../clock/clock.js';
import { coreError } from '../diagnostics/core-errors.js';
import { Logger } from '../diagnostics/logger.js';
import { dynamic, z } from '../schemas/schema.js';
import { sizeOfValue } from '../schemas/value-size.js';
import { DelayedEvents } from './delayed-events.js';

export const customEvent = z.object({ event: z.string().min(1), data: dynamic().default(null) });
export type CustomEvent = z.output<typeof customEvent>;

/** Of the events that wait, and of one; bytes as in memory. */
const capacity = { events: 1_000, bytes: 4 * 1024 * 1024 };
const largest = 1024 * 1024;

/** Carries what rules emit to the rules that listen with `custom`: see {@link DelayedEvents}. */
@injectable()
export class CustomEvents {
  private readonly events: DelayedEvents<CustomEvent>;

  constructor(clock: Clock, log: Logger) {
    this.events = new DelayedEvents(clock, log, 'custom events', capacity, ({ event }) => event);
  }

  get all(): Observable<CustomEvent> {
    return this.events.all;
  }

  /** @throws DeviceError `EVENT_TOO_LARGE` */
  emit(event: string, data: unknown): void {
    const size = sizeOfValue({ event, data }, largest);
    if (size > largest) {
      throw coreError('EVENT_TOO_LARGE', `The data of the event "${event.slice(0, 100)}" is too large to be emitted.`);
    }
    this.events.push({ event, data: data ?? null }, size);
  }

  /** What is emitted from now on waits until the returned function is called: those who are to hear it are not all there yet. */
  hold(): () => void {
    return this.events.hold();
  }

  dispose(): void {
    this.events.dispose();
  }
}
