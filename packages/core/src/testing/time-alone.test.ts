import { expect, test } from '@jest/globals';
import { interval, map, type Observable } from 'rxjs';
import { clockScheduler } from '../clock/clock-scheduler.js';
import { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { definePlugin } from '../plugins/plugin.js';
import { z } from '../schemas/schema.js';
import { eventStream, stateStream, type EventStream, type StateStream } from '../streams/stream.js';
import { play } from './play.fixture.js';

const shift = z.object({ open: z.boolean(), minutes: z.number() });
type Shift = z.output<typeof shift>;

@stateStream({
  name: 'shift',
  summary: 'A shift, and for how many minutes the machine has been up.',
  value: shift,
  timed: { fields: ['minutes'], every: () => Duration.parse('1m') },
})
class ShiftStream implements StateStream<unknown, Shift> {
  constructor(private readonly clock: Clock) {}

  open(): Observable<Shift> {
    throw new Error('a test touched the outside');
  }

  sample(_parameters: unknown, latest: Shift): Shift {
    return { ...latest, open: false, minutes: Math.floor(this.clock.boottime() / 60_000) };
  }
}

const beat = z.object({ count: z.number() });

/** One that says that it comes of the time alone, and one that does not. */
abstract class Beats implements EventStream<unknown, z.output<typeof beat>> {
  constructor(private readonly clock: Clock) {}

  open(): Observable<z.output<typeof beat>> {
    return interval(60_000, clockScheduler(this.clock)).pipe(map((count) => ({ count })));
  }
}
@eventStream({ name: 'beat.inner', summary: 'Each minute.', internal: true, value: beat })
class InnerBeat extends Beats {
  constructor(clock: Clock) {
    super(clock);
  }
}
@eventStream({ name: 'beat.outer', summary: 'Each minute.', value: beat })
class OuterBeat extends Beats {
  constructor(clock: Clock) {
    super(clock);
  }
}

const plugin = definePlugin({ name: 'fixture', api: '^1.0.0', streams: [ShiftStream, InnerBeat, OuterBeat] });

test('in a test, a stream of a plugin goes by itself as far as it says that it changes with the time alone', async () => {
  const { played } = await play(
    `version: 1
plugins: [{ use: fixture }]
streams: { machine: { from: device, with: { every: 1m } } }
rules:
  late: { when: shift.minutes >= 5.0 && shift.open, then: [{ do: log, with: { message: late } }] }
  inner: { on: [{ beat.inner: }], then: [{ do: log, with: { message: inner } }] }
  outer: { on: [{ beat.outer: }], then: [{ do: log, with: { message: outer } }] }
  boot: { when: "machine.bootId != ''", then: [{ do: log, with: { message: "\${{ machine.bootId.size() }}" } }] }
tests:
  - name: t
    given: { shift: { open: true, minutes: 0 }, machine: { hostname: tom } }
    at: [{ t: 10m30s, end: true }]
    expect:
      - { action: log, times: 1, between: [5m, 6m], with: { message: late } }
      - { action: log, times: 10, with: { message: inner } }
      - { action: log, times: 0, with: { message: outer } }
      - { action: log, times: 1, with: { message: "36" } }
`,
    {},
    plugin,
  );
  expect(played.flatMap(({ failures }) => failures.map(({ message }) => message))).toEqual([]);
});
