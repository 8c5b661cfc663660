import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Observable, type Subscriber } from 'rxjs';
import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { SilentLogger } from '../diagnostics/silent-logger.js';
import { FieldSet, type FieldPath } from '../schemas/field-set.js';
import { z } from '../schemas/schema.js';
import { lost, partly, stale } from './reading.js';
import { SharedStreamHub } from './shared-stream-hub.js';
import type { StateInterest, StateStream, StreamDescription } from './stream.js';

/** A stream that reads what is asked for; each of its answers is given by hand. */
class Weather implements StateStream {
  readonly wanted: (readonly FieldPath[])[] = [];
  readonly openings: Subscriber<unknown>[] = [];
  closed = 0;

  open(_parameters: unknown, interest: StateInterest): Observable<unknown> {
    return new Observable((subscriber) => {
      this.openings.push(subscriber);
      subscriber.add(interest.subscribe((fields) => this.wanted.push(fields.paths)));
      subscriber.add(() => this.closed++);
    });
  }

  answer(value: unknown): void {
    this.openings.at(-1)!.next(value);
  }
}

/** One that gives all that it has to everybody. */
class Fan implements StateStream {
  source!: Subscriber<unknown>;

  open(): Observable<unknown> {
    return new Observable((subscriber) => void (this.source = subscriber));
  }
}

const weather = { stream: 'weather', parameters: {} };
const fan = { stream: 'fan', parameters: {} };
const clock = new VirtualClock();
let source: Weather;
let plain: Fan;
let hub: SharedStreamHub;
/** What observers hear, such as the black box. */
let observed: unknown[];

beforeEach(() => {
  [source, plain, observed] = [new Weather(), new Fan(), []];
  hub = new SharedStreamHub(
    (name) => {
      const description = { name, kind: 'state', summary: '', value: z.unknown() } as StreamDescription;
      return { description, instance: name === 'fan' ? plain : source, plugin: 'house' };
    },
    clock,
    new SilentLogger(),
    () => 0,
    {
      observers: [{ event: () => undefined, reading: (_source, { value, reason }) => observed.push(value ?? reason) }],
      mask: (text) => text,
    },
  );
});

afterEach(() => hub.close());

function follow(...fields: FieldPath[]): { readonly seen: unknown[]; leave(): void } {
  const seen: unknown[] = [];
  const state = hub.state(weather).only(...fields);
  const subscription = state.changes.subscribe(({ quality, value, reason }) =>
    seen.push(quality === 'ok' ? value : reason),
  );
  return { seen, leave: () => subscription.unsubscribe() };
}

test('fields are made known to the source together, once for each change, and the source stays open', async () => {
  const [wind, rain] = [follow(['wind']), follow(['rain', 'now'])];
  const all = hub.state(weather).changes.subscribe();
  await clock.settle();
  all.unsubscribe();
  const again = follow(['rain']);
  await clock.settle();
  follow(['wind', 'speed']);
  await clock.settle();
  wind.leave();
  again.leave();
  await clock.settle();
  expect(source.wanted).toEqual([
    [['wind']],
    [[]],
    [['wind'], ['rain']],
    [
      ['rain', 'now'],
      ['wind', 'speed'],
    ],
  ]);
  rain.leave();
  expect([source.openings.length, source.closed]).toEqual([1, 0]);
});

test('fields that begin to be read are not read until the source has answered; the others go on', async () => {
  const wind = follow(['wind']);
  source.answer({ wind: 3, rain: 0 });
  const rain = follow(['rain']);
  const state = hub.state(weather).only(['rain']);
  // What was on its way when the interest changed holds no more than was asked for.
  source.answer({ wind: 4, rain: 0 });
  expect(rain.seen).toEqual(['not read yet']);
  await clock.settle();
  expect([state.reading, state.sample()]).toMatchObject([{ quality: 'lost' }, { quality: 'lost' }]);
  source.answer({ wind: 4, rain: 0 });
  expect(rain.seen).toEqual(['not read yet', { wind: 4, rain: 0 }]);
  expect(wind.seen).toEqual(['not read yet', { wind: 3, rain: 0 }, { wind: 4, rain: 0 }]);
  expect(state.reading.quality).toBe('ok');
});

test('fields that nobody read for a while are read again', async () => {
  follow(['wind']);
  const rain = follow(['rain']);
  await clock.settle();
  source.answer({ wind: 3, rain: 9 });
  rain.leave();
  await clock.settle();
  const later = follow(['rain']);
  await clock.settle();
  expect(later.seen).toEqual(['not read yet']);
  source.answer({ wind: 3, rain: 0 });
  expect(later.seen).toEqual(['not read yet', { wind: 3, rain: 0 }]);
});

test('fields that begin to be read while the source is late or lost are no better known', async () => {
  follow(['wind']);
  source.answer({ wind: 3, rain: 0 });
  const rain = follow(['rain']);
  await clock.settle();
  source.answer(stale('no news'));
  source.answer(lost('no mast'));
  source.answer(stale('no news'));
  expect(rain.seen).toEqual(['not read yet', 'no mast', 'not read yet']);
});

test('fields are all there of a source that does not ask which are wanted', async () => {
  hub.state(fan).only(['rpm']).changes.subscribe();
  plain.source.next({ rpm: 1, hot: true });
  expect(hub.state(fan).only(['hot']).reading).toMatchObject({ quality: 'ok', value: { rpm: 1, hot: true } });
  const hot = hub.state(fan).only(['hot']).changes.subscribe();
  await clock.settle();
  hot.unsubscribe();
  await clock.settle();
  expect(hub.state(fan).reading.quality).toBe('ok');
});

test('fields are kept by a source that is opened again after a fault or a gap', async () => {
  const rain = follow(['rain']);
  source.answer({ rain: 1 });
  source.openings[0]!.error(new Error('mast fell'));
  await clock.advance(Duration.parse('1s'));
  source.answer({ rain: 2 });
  const over = hub.catchUp();
  source.answer({ rain: 3 });
  await over;
  expect(rain.seen).toEqual(['not read yet', { rain: 1 }, 'mast fell', { rain: 2 }, { rain: 3 }]);
  expect(source.wanted).toEqual([[['rain']], [['rain']], [['rain']]]);
});

test('fields that nobody reads are shown to nobody', async () => {
  follow(['wind']);
  source.answer({ wind: 3, rain: 0 });
  expect(hub.status()[0]!.reading).toMatchObject({ quality: 'ok', value: { wind: 3 } });
});

test('fields become no less while the hub is held, and a source without readers is closed only after that', async () => {
  const [wind, rain] = [follow(['wind']), follow(['rain'])];
  await clock.settle();
  source.answer({ wind: 3, rain: 1 });
  const release = hub.hold();
  wind.leave();
  rain.leave();
  await clock.settle();
  const snow = follow(['snow']);
  await clock.settle();
  expect(source.wanted.at(-1)).toEqual([['wind'], ['rain'], ['snow']]);
  release();
  await clock.settle();
  expect([source.wanted.at(-1), source.openings.length, source.closed]).toEqual([[['snow']], 1, 0]);
  const releaseAgain = hub.hold();
  snow.leave();
  expect(source.closed).toBe(0);
  releaseAgain();
  expect([source.closed, hub.status()]).toEqual([1, []]);
});

test('fields of a value that holds some of them are read, and no others', async () => {
  const wind = follow(['wind']);
  const rain = follow(['rain', 'now']);
  await clock.settle();
  source.answer(partly({ wind: 3, rain: { now: 9 } }, new FieldSet([['wind'], ['snow']])));
  source.answer(partly({ wind: 4, rain: { now: 9 } }, new FieldSet([['wind']])));
  expect(wind.seen).toEqual(['not read yet', { wind: 3, rain: { now: 9 } }, { wind: 4, rain: { now: 9 } }]);
  expect(rain.seen).toEqual(['not read yet']);
  expect(hub.status()[0]!.reading!.value).toEqual({ wind: 4 });
  // Something that it was not asked for is not kept for those who ask later.
  const snow = follow(['snow']);
  source.answer({ wind: 4, rain: { now: 9 } });
  expect([rain.seen.at(-1), snow.seen]).toEqual([{ wind: 4, rain: { now: 9 } }, ['not read yet']]);
});

test('fields stay read after a gap while a source that is opened again has read some of them only', async () => {
  const rain = follow(['rain']);
  follow(['wind']);
  await clock.settle();
  source.answer({ wind: 3, rain: 1 });
  let isOver = false;
  const over = hub.catchUp().then(() => (isOver = true));
  source.answer(partly({ wind: 4, rain: 0 }, new FieldSet([['wind']])));
  source.openings[0]!.next({ wind: 3, rain: 2 });
  await clock.settle();
  expect([isOver, source.closed]).toEqual([false, 0]);
  source.answer({ wind: 4, rain: 5 });
  await over;
  expect(rain.seen).toEqual(['not read yet', { wind: 3, rain: 1 }, { wind: 3, rain: 2 }, { wind: 4, rain: 5 }]);
  expect(source.closed).toBe(1);
  // From then on it is heard as any.
  source.answer(partly({ wind: 6, rain: 5 }, new FieldSet([['wind']])));
  expect(rain.seen.at(-1)).toBe('not read yet');
});

test('fields are all read by who names none', async () => {
  hub.state(weather).only().changes.subscribe();
  expect(source.wanted).toEqual([[[]]]);
});

test('fields that nobody reads are no news to observers; those that begin to be read are', async () => {
  follow(['wind']);
  source.answer({ wind: 3, rain: 0 });
  source.answer({ wind: 3, rain: 1 });
  follow(['rain']);
  await clock.settle();
  source.answer({ wind: 3, rain: 1 });
  expect(observed).toEqual([{ wind: 3 }, { wind: 3, rain: 1 }]);
});
