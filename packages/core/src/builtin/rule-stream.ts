import type { Observable } from 'rxjs';
import { eventStream, nothingWaits, type EventStream } from '../streams/stream.js';
import { type RuleEvent, ruleEvent, RuleEvents, ruleMatch, ruleStreamName } from './rule-events.js';

@eventStream({
  name: ruleStreamName,
  summary: 'A rule of this file came to stand otherwise, or a run of it ended.',
  internal: true,
  match: ruleMatch,
  value: ruleEvent,
})
export class RuleStream implements EventStream<unknown, RuleEvent> {
  readonly catchUp = nothingWaits;

  constructor(private readonly events: RuleEvents) {}

  open(): Observable<RuleEvent> {
    return this.events.all;
  }
}
