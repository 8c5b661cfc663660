import { injectable } from 'inversify';
import type { Observable } from 'rxjs';
import { Clock } from '../clock/clock.js';
import { Logger } from '../diagnostics/logger.js';
import { z } from '../schemas/schema.js';
import { sizeOfValue } from '../schemas/value-size.js';
import type { EventOccurrence, EventSelector } from '../streams/stream-hub.js';
import { DelayedEvents } from './delayed-events.js';

export const ruleStreamName = 'rule';

const state = z.enum(['idle', 'holding', 'running', 'limited', 'faulted', 'disabled', 'paused']);
const outcome = z.enum(['', 'succeeded', 'failed', 'stopped', 'aborted', 'timed-out', 'shadowed', 'parked']);

export const ruleEvent = z.object({
  name: z.string().describe('the rule'),
  key: z.string().default('').describe('the key that it is about; empty for the rule as a whole'),
  from: state.default('idle').describe('how it stood before'),
  to: state.describe('how it stands now, as `devicerc status` shows it; equal to `from` where other runs go on'),
  detail: z.string().default('').describe('why it stands so, in words; secrets are masked'),
  outcome: outcome.default('').describe('how the run ended whose end this is; empty when none ended'),
  watchesRules: z.boolean().default(false).describe('whether the rule listens to `rule` itself'),
});
export type RuleEvent = z.output<typeof ruleEvent>;

export const ruleMatch = z.object({ name: z.string(), from: state, to: state, outcome });

/** As many as a source may have wait; bytes as in memory. */
const capacity = { events: 10_000, bytes: 4 * 1024 * 1024 };

/** Carries what becomes of rules to the rules that listen with `rule`: see {@link DelayedEvents}. */
@injectable()
export class RuleEvents {
  private readonly events: DelayedEvents<RuleEvent>;

  constructor(clock: Clock, log: Logger) {
    this.events = new DelayedEvents(clock, log, 'events about rules', capacity, ({ name }) => name);
  }

  get all(): Observable<RuleEvent> {
    return this.events.all;
  }

  /** @param event makes it; not called while nobody listens */
  tell(event: () => RuleEvent): void {
    if (!this.events.isWanted) return;
    const made = event();
    this.events.push(made, sizeOfValue(made, capacity.bytes));
  }

  /** What comes from now on waits until the returned function is called: those who are to hear it are not all there yet. */
  hold(): () => void {
    return this.events.hold();
  }

  dispose(): void {
    this.events.dispose();
  }
}

/**
 * Whether a rule hears an event by one of its patterns. It never hears of itself by the stream `rule`, and of another rule that
 * listens to `rule`, too, only where the pattern names it: so rules that listen to all rules do not answer each other
 * without end.
 */
export function isHeardBy(listener: string, { stream, match }: EventSelector, { event }: EventOccurrence): boolean {
  if (stream !== ruleStreamName) return true;
  const { name, watchesRules } = event as RuleEvent;
  return name !== listener && (!watchesRules || match['name'] === name);
}
