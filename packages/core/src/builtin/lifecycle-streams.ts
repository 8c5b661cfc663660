import type { Observable } from 'rxjs';
import { z } from '../schemas/schema.js';
import { eventStream, type EventStream } from '../streams/stream.js';
import { type BootEvent, LifecycleEvents, type StartEvent, type StopEvent } from './lifecycle-events.js';

@eventStream({
  name: 'start',
  summary: 'The engine started; not sent again when the file is reloaded.',
  match: z.object({ reason: z.enum(['boot', 'restart']) }),
  value: z.object({ reason: z.enum(['boot', 'restart']) }),
})
export class StartStream implements EventStream<unknown, StartEvent> {
  constructor(private readonly lifecycle: LifecycleEvents) {}

  open(): Observable<StartEvent> {
    return this.lifecycle.start;
  }
}

@eventStream({
  name: 'stop',
  summary: 'The engine was asked to stop; steps have a few seconds.',
  match: z.object({ reason: z.string() }),
  value: z.object({ reason: z.string().describe('SIGTERM, SIGINT or requested') }),
})
export class StopStream implements EventStream<unknown, StopEvent> {
  constructor(private readonly lifecycle: LifecycleEvents) {}

  open(): Observable<StopEvent> {
    return this.lifecycle.stop;
  }
}

@eventStream({
  name: 'boot',
  summary: 'The first start of the engine in a boot of the machine.',
  value: z.object({ reason: z.literal('unknown'), bootId: z.string() }),
})
export class BootStream implements EventStream<unknown, BootEvent> {
  constructor(private readonly lifecycle: LifecycleEvents) {}

  open(): Observable<BootEvent> {
    return this.lifecycle.boot;
  }
}
