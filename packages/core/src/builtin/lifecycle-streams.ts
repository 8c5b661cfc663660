import type { Observable } from 'rxjs';
import { duration, z } from '../schemas/schema.js';
import { eventStream, nothingWaits, type EventStream } from '../streams/stream.js';
import { type BootEvent, LifecycleEvents, type StartEvent, type StopEvent } from './lifecycle-events.js';

@eventStream({
  name: 'start',
  summary: 'The engine started; not sent again when the file is reloaded.',
  internal: true,
  match: z.object({ reason: z.enum(['boot', 'restart']) }),
  value: z.object({ reason: z.enum(['boot', 'restart']) }),
})
export class StartStream implements EventStream<unknown, StartEvent> {
  readonly catchUp = nothingWaits;

  constructor(private readonly lifecycle: LifecycleEvents) {}

  open(): Observable<StartEvent> {
    return this.lifecycle.start;
  }
}

@eventStream({
  name: 'stop',
  summary: 'The engine was asked to stop; steps have a few seconds.',
  internal: true,
  match: z.object({ reason: z.string() }),
  value: z.object({ reason: z.string().describe('SIGTERM, SIGINT or requested') }),
})
export class StopStream implements EventStream<unknown, StopEvent> {
  readonly catchUp = nothingWaits;

  constructor(private readonly lifecycle: LifecycleEvents) {}

  open(): Observable<StopEvent> {
    return this.lifecycle.stop;
  }
}

const bootReason = z.enum(['first', 'requested', 'external', 'kernel-panic', 'power-cut']);

@eventStream({
  name: 'boot',
  summary: 'The first start of the engine in a boot of the machine.',
  internal: true,
  match: z.object({ reason: bootReason }),
  value: z.object({
    reason: bootReason.describe('how the boot before ended: a rule asked, somebody else did, a crash, or no good-bye'),
    bootId: z.string().describe('boot_id of the kernel'),
    number: z.int().describe('counts the boots on record, from 1'),
    lasted: duration().optional().describe('how long the boot before is known to have lasted'),
    rule: z.string().optional().describe('the rule that asked, for requested'),
    action: z.string().optional().describe('the action that it asked with, for requested'),
    safeMode: z.boolean().describe('whether actions that reboot or shut down are refused'),
  }),
})
export class BootStream implements EventStream<unknown, BootEvent> {
  readonly catchUp = nothingWaits;

  constructor(private readonly lifecycle: LifecycleEvents) {}

  open(): Observable<BootEvent> {
    return this.lifecycle.boot;
  }
}
