import { expect, test } from '@jest/globals';
import { map, NEVER, Observable, of, throwError, timer } from 'rxjs';
import { action, type Action } from '../actions/action.js';
import { clockScheduler } from '../clock/clock-scheduler.js';
import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { z } from '../schemas/schema.js';
import { lost } from '../streams/reading.js';
import { stateStream, type StateStream } from '../streams/stream.js';
import { callAction } from './call-action.js';
import { StreamProbe } from './stream-probe.js';

const clock = new VirtualClock();
const value = z.object({ rpm: z.number() });
type Value = z.output<typeof value>;

@stateStream({ name: 'fan', summary: 'A fan.', value })
class Fan implements StateStream<unknown, Value> {
  constructor(private readonly source: () => Observable<unknown>) {}
  open(): Observable<Value> {
    return this.source() as Observable<Value>;
  }
}

const ticking = (): Observable<unknown> => timer(0, 1_000, clockScheduler(clock)).pipe(map((rpm) => ({ rpm })));

test.each<[string, () => Observable<unknown>, RegExp[]]>([
  ['that keeps its contract has nothing to say', ticking, []],
  [
    'that emits what its schema does not allow is told so',
    () => NEVER.pipe(startedWith({ rpm: 'fast' })),
    [/rpm: .*number/],
  ],
  ['that ends by itself is told so', () => of({ rpm: 1 }), [/ended by itself/]],
  [
    'that leaves a timer behind is told so',
    () => new Observable(() => void clock.schedule(60_000, () => {}, 'forgotten')),
    [/timers go on: forgotten/],
  ],
])('a stream %s', async (_what, source, violations) => {
  const probe = new StreamProbe(new Fan(source), clock);
  await clock.advance(Duration.parse('3s'));
  expect(probe.close()).toEqual(violations.map((violation) => expect.stringMatching(violation)));
});

test('a stream may be lost and come back, and says why', async () => {
  const probe = new StreamProbe(
    new Fan(() => timer(0, 1_000, clockScheduler(clock)).pipe(map((n) => (n === 0 ? lost('unplugged') : { rpm: n })))),
    clock,
  );
  await clock.advance(Duration.parse('1ms'));
  expect(probe.lost).toBe('unplugged');
  await clock.advance(Duration.parse('1s'));
  expect({ lost: probe.lost, values: probe.values, violations: probe.close() }).toEqual({
    lost: undefined,
    values: [{ rpm: 1 }],
    violations: [],
  });
  expect(new StreamProbe(new Fan(() => throwError(() => new Error('burnt'))), clock).lost).toBe('burnt');
  const throwing = (): never => {
    throw new Error('not there');
  };
  expect(new StreamProbe(new Fan(throwing), clock).lost).toBe('not there');
});

@action({
  name: 'fan.set',
  summary: 'Sets.',
  effects: [],
  input: z.object({ percent: z.number().default(50) }),
  output: value,
})
class SetFan implements Action<{ percent: number }, Value> {
  async run({ percent }: { percent: number }): Promise<Value> {
    return (percent > 100 ? { rpm: 'too fast' } : { rpm: percent * 10 }) as Value;
  }
}

test('an action is called with its input completed, and its output is held to its schema', async () => {
  expect(await callAction(new SetFan(), {})).toEqual({ rpm: 500 });
  await expect(callAction(new SetFan(), { percent: 'all' })).rejects.toMatchObject({ code: 'CONTRACT_BROKEN' });
  await expect(callAction(new SetFan(), { percent: 200 })).rejects.toMatchObject({ code: 'CONTRACT_BROKEN' });
});

function startedWith(first: unknown) {
  return (source: Observable<unknown>): Observable<unknown> =>
    new Observable((follower) => {
      follower.next(first);
      return source.subscribe(follower);
    });
}
