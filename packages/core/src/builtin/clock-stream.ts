import type { Observable } from 'rxjs';
import { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { duration, timestamp, z } from '../schemas/schema.js';
import { Poller } from '../streams/poller.js';
import type { Lost } from '../streams/reading.js';
import { stateStream, type StateStream } from '../streams/stream.js';

const parameters = z.object({
  every: duration()
    .default(Duration.parse('10s'))
    .describe('The kernel tells nobody when it is synchronised: it is asked'),
});

const calendar = z.object({
  synchronized: z.boolean().describe('Whether the kernel holds the calendar clock synchronised'),
  time: timestamp().describe('The calendar time; weeks wrong on a board without a battery until it is synchronised'),
});
type Calendar = z.output<typeof calendar>;

@stateStream({
  name: 'clock',
  summary: 'The calendar clock and whether it can be trusted.',
  parameters,
  value: calendar,
  timed: { fields: ['time'], every: ({ every }) => every },
})
export class ClockStream implements StateStream<z.output<typeof parameters>, Calendar> {
  constructor(
    private readonly clock: Clock,
    private readonly poller: Poller,
  ) {}

  open({ every }: z.output<typeof parameters>): Observable<Calendar | Lost> {
    return this.poller.poll({ name: 'reading of the clock', every, read: () => this.sample() });
  }

  sample(): Calendar {
    const { milliseconds, synchronized } = this.clock.wall();
    return { synchronized, time: new Date(milliseconds) };
  }
}
