import type { Observable } from 'rxjs';
import { z } from '../schemas/schema.js';
import { eventStream, nothingWaits, type EventStream } from '../streams/stream.js';
import { type CustomEvent, customEvent, CustomEvents } from './custom-events.js';

@eventStream({
  name: 'custom',
  summary: 'An event that a rule of this file emitted.',
  internal: true,
  match: z.object({ event: z.string() }),
  value: customEvent,
})
export class CustomStream implements EventStream<unknown, CustomEvent> {
  readonly catchUp = nothingWaits;

  constructor(private readonly events: CustomEvents) {}

  open(): Observable<CustomEvent> {
    return this.events.all;
  }
}
