import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Observable, Subject, type Subscriber } from 'rxjs';
import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { z } from '../schemas/schema.js';
import { lost, type Reading } from './reading.js';
import { SharedStreamHub } from './shared-stream-hub.js';
import type { StreamObserver } from './stream-observer.js';
import type { EventStream, Interest, StateStream, StreamDescription } from './stream.js';

const clock = new VirtualClock();
let log: RecordingLogger;
let hub: SharedStreamHub;
let instances: Record<string, { kind: 'event' | 'state'; instance: EventStream | StateStream }>;

beforeEach(() => {
  log = new RecordingLogger();
  instances = {};
  hub = new SharedStreamHub(
    (name) => {
      const found = instances[name];
      const description = { name, kind: found?.kind, summary: '', value: z.unknown() } as StreamDescription;
      return found && { description, instance: found.instance, plugin: 'house' };
    },
    clock,
    log,
    () => 0,
  );
});

afterEach(() => hub.close());

class Door implements EventStream {
  readonly events = new Subject<unknown>();
  readonly opened: unknown[] = [];
  closed = 0;
  interest: unknown[] = [];

  open(parameters: unknown, interest: Interest<unknown>): Observable<unknown> {
    this.opened.push(parameters);
    return new Observable((subscriber) => {
      const interested = interest.subscribe((patterns) => this.interest.push(patterns));
      const subscription = this.events.subscribe(subscriber);
      return () => {
        this.closed++;
        subscription.unsubscribe();
        interested.unsubscribe();
      };
    });
  }
}

/** Each opening is one subscriber, so that a test can fail or end it. */
class Sensor implements StateStream {
  readonly openings: Subscriber<unknown>[] = [];
  closed = 0;

  open(): Observable<unknown> {
    return new Observable((subscriber) => {
      this.openings.push(subscriber);
      return () => this.closed++;
    });
  }

  get source(): Subscriber<unknown> {
    return this.openings.at(-1)!;
  }
}

function provideDoor(): Door {
  const door = new Door();
  instances['door'] = { kind: 'event', instance: door };
  return door;
}

function provideSensor<Instance extends StateStream>(instance: Instance): Instance {
  instances['sensor'] = { kind: 'state', instance };
  return instance;
}

const door = (match: Record<string, unknown>, parameters: unknown = {}) => ({ stream: 'door', parameters, match });
const sensor = { stream: 'sensor', parameters: {} };

describe('event streams', () => {
  test('equal parameters share one source, whatever the order of their keys; it closes after the last leaves', async () => {
    const source = provideDoor();
    const first = hub.listen(door({}, { a: 1, b: 2 }), () => undefined);
    const second = hub.listen(door({}, { b: 2, a: 1 }), () => undefined);
    const other = hub.listen(door({}, { a: 2 }), () => undefined);
    await clock.settle();
    expect(source.opened).toEqual([{ a: 1, b: 2 }, { a: 2 }]);
    first.unsubscribe();
    first.unsubscribe();
    expect(source.closed).toBe(0);
    second.unsubscribe();
    expect(source.closed).toBe(1);
    other.unsubscribe();
    expect(hub.status()).toEqual([]);
  });

  test.each([
    ['no field', {}, true],
    ['an equal text', { event: 'door-1' }, true],
    ['another text', { event: 'door-2' }, false],
    ['two equal fields', { event: 'door-1', floor: 2 }, true],
    ['one equal and one other field', { event: 'door-1', floor: 3 }, false],
    ['a number where the event has a text', { floor: '2' }, false],
    ['an equal boolean', { open: false }, true],
    ['an equal list', { rooms: [1, 2] }, true],
    ['a field that the event lacks', { colour: 'red' }, false],
    ['a field left undefined', { colour: undefined }, true],
  ])('a pattern that fixes %s is told: %#', async (_title, match, isTold) => {
    const source = provideDoor();
    const told: unknown[] = [];
    hub.listen(door(match), ({ event }) => told.push(event));
    await clock.settle();
    const event = { event: 'door-1', floor: 2, open: false, rooms: [1, 2] };
    source.events.next(event);
    expect(told).toEqual(isTold ? [event] : []);
  });

  test('an event that is no object reaches only patterns without fields', async () => {
    const source = provideDoor();
    const told: unknown[] = [];
    hub.listen(door({}), ({ event }) => told.push(event));
    hub.listen(door({ length: 4 }), () => told.push('wrong'));
    await clock.settle();
    source.events.next('text');
    source.events.next(null);
    expect(told).toEqual(['text', null]);
  });

  test('the source knows all patterns of one turn when it is opened, then each change once', async () => {
    const source = provideDoor();
    const subscriptions = Array.from({ length: 1000 }, (_, index) =>
      hub.listen(door({ event: `door-${index % 500}` }), () => undefined),
    );
    await clock.settle();
    expect(source.interest).toHaveLength(1);
    expect(source.interest[0]).toHaveLength(500);
    for (const subscription of subscriptions.slice(1)) subscription.unsubscribe();
    await clock.settle();
    expect(source.interest.slice(1)).toEqual([[{ event: 'door-0' }]]);
  });

  test('a throwing listener is attributed and stops no other', async () => {
    const source = provideDoor();
    const told: unknown[] = [];
    hub.listen(door({}), () => {
      throw new Error('broken rule');
    });
    hub.listen(door({}), ({ event }) => told.push(event));
    await clock.settle();
    source.events.next(1);
    source.events.next(2);
    expect(told).toEqual([1, 2]);
    expect(log.lines[0]).toMatchObject({ level: 'error', fields: { stream: 'door', plugin: 'house' } });
    expect(log.lines[0]?.message).toContain('broken rule');
  });

  test('who leaves during an event hears nothing more of it, who joins hears only later ones', async () => {
    const source = provideDoor();
    const told: string[] = [];
    hub.listen(door({}), ({ event }) => {
      told.push(`first ${String(event)}`);
      if (event !== 1) return;
      second.unsubscribe();
      hub.listen(door({}), (late) => told.push(`late ${String(late.event)}`));
    });
    const second = hub.listen(door({}), () => told.push('second'));
    await clock.settle();
    source.events.next(1);
    source.events.next(2);
    expect(told).toEqual(['first 1', 'first 2', 'late 2']);
  });

  test('an event caused by a listener waits until all have heard the present one', async () => {
    const source = provideDoor();
    const told: string[] = [];
    hub.listen(door({}), ({ event }) => {
      told.push(`a${String(event)}`);
      if (event === 1) source.events.next(2);
    });
    hub.listen(door({}), ({ event }) => told.push(`b${String(event)}`));
    await clock.settle();
    source.events.next(1);
    expect(told).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  test('a burst beyond the queue drops the oldest and counts them', async () => {
    const source = provideDoor();
    const told: unknown[] = [];
    hub.listen(door({}), ({ event }) => {
      told.push(event);
      if (event === 0) for (let burst = 1; burst <= 10_003; burst++) source.events.next(burst);
    });
    await clock.settle();
    source.events.next(0);
    await clock.advance(Duration.parse('1s'));
    expect(told).toHaveLength(10_001);
    expect(told[1]).toBe(4);
    expect(hub.status()[0]).toMatchObject({ events: 10_001, dropped: 3 });
  });

  test('events that cause each other without end leave room for the rest of the process', async () => {
    const source = provideDoor();
    let heard = 0;
    const subscription = hub.listen(door({}), () => {
      heard++;
      source.events.next('again');
    });
    await clock.settle();
    source.events.next('first');
    expect(heard).toBeLessThan(20_000);
    expect(clock.pendingTimers).toEqual(['deliver the rest of door']);
    subscription.unsubscribe();
    expect(clock.pendingTimers).toEqual([]);
  });

  test('an ended source is opened again and its listeners stay', async () => {
    const failing = provideDoor();
    const told: unknown[] = [];
    const ends = new Subject<unknown>();
    let opened = 0;
    failing.open = () => (opened++ === 0 ? ends : failing.events);
    hub.listen(door({}), ({ event }) => told.push(event));
    await clock.settle();
    ends.complete();
    expect(hub.status()[0]).toMatchObject({ fault: 'the source ended', restarts: 0 });
    await clock.advance(Duration.parse('1s'));
    failing.events.next('back');
    expect(told).toEqual(['back']);
    expect(hub.status()[0]).toMatchObject({ restarts: 1 });
    expect(hub.status()[0]).not.toHaveProperty('fault');
  });
});

describe('a source that cannot be closed', () => {
  const failing = (emit: (subscriber: Subscriber<unknown>) => void): Observable<unknown> =>
    new Observable((subscriber) => {
      emit(subscriber);
      return () => {
        throw new Error('Not running');
      };
    });
  const told = {
    level: 'warn',
    fields: { stream: 'door', plugin: 'house', reason: 'it could not be closed: Not running' },
  };

  test('is told with its plugin, and who leaves notices nothing', async () => {
    provideDoor().open = () => failing(() => undefined);
    const subscription = hub.listen(door({}), () => undefined);
    await clock.settle();
    subscription.unsubscribe();
    expect(log.lines).toMatchObject([told]);
    expect(hub.status()).toEqual([]);
  });

  test('does so also when the last leaves while it is being opened', async () => {
    provideDoor().open = () => failing((subscriber) => subscriber.next(1));
    const subscription = hub.listen(door({}), () => subscription.unsubscribe());
    await clock.settle();
    expect(log.lines).toMatchObject([told]);
  });

  test('does not keep the other sources of a hub from being closed', async () => {
    provideDoor().open = () => failing(() => undefined);
    const other = provideSensor(new Sensor());
    hub.listen(door({}), () => undefined);
    hub.state(sensor).changes.subscribe();
    await clock.settle();
    hub.close();
    expect(other.closed).toBe(1);
    expect(log.lines).toMatchObject([told]);
  });
});

describe('state streams', () => {
  function follow(): Reading[] {
    const readings: Reading[] = [];
    hub.state(sensor).changes.subscribe((reading) => readings.push(reading));
    return readings;
  }

  test('a reading is lost until the first value, shared by all, and closed after the last leaves', () => {
    const source = provideSensor(new Sensor());
    const state = hub.state(sensor);
    expect(state.reading).toMatchObject({ quality: 'lost', reason: 'not read yet' });
    expect(source.openings).toHaveLength(0);
    const first = state.changes.subscribe();
    source.source.next({ rpm: 1 });
    const readings = follow();
    expect(readings).toMatchObject([{ quality: 'ok', value: { rpm: 1 } }]);
    expect(source.openings).toHaveLength(1);
    first.unsubscribe();
    expect(source.closed).toBe(0);
    expect(state.reading.value).toEqual({ rpm: 1 });
  });

  test('an unchanged value wakes nobody', () => {
    const source = provideSensor(new Sensor());
    const readings = follow();
    for (const rpm of [1, 1, 2, 2, 1]) source.source.next({ rpm, since: new Date(0) });
    expect(readings.map(({ value }) => (value as { rpm: number } | undefined)?.rpm)).toEqual([undefined, 1, 2, 1]);
  });

  test('lost keeps the last value, says why and since when; the next value is ok again', async () => {
    const source = provideSensor(new Sensor());
    const readings = follow();
    source.source.next(1);
    await clock.advance(Duration.parse('5s'));
    const since = clock.boottime();
    source.source.next(lost('no answer'));
    source.source.next(lost('no answer'));
    await clock.advance(Duration.parse('5s'));
    source.source.next(lost('refused'));
    source.source.next(1);
    expect(readings.slice(2)).toEqual([
      { quality: 'lost', value: 1, since, reason: 'no answer' },
      { quality: 'lost', value: 1, since, reason: 'refused' },
      { quality: 'ok', value: 1, since: since + 5000 },
    ]);
  });

  test('a source that fails is opened again after 1 s, 2 s, 4 s … 60 s, attributed in the log', async () => {
    const source = provideSensor(new Sensor());
    follow();
    const start = clock.boottime();
    const openedAt: number[] = [];
    for (let round = 0; round < 9; round++) {
      source.source.error(new Error('bus is gone'));
      const before = source.openings.length;
      while (source.openings.length === before) await clock.advance(Duration.parse('1s'));
      openedAt.push((clock.boottime() - start) / 1000);
    }
    expect(openedAt).toEqual([1, 3, 7, 15, 31, 63, 123, 183, 243]);
    expect(log.lines[0]).toMatchObject({
      level: 'warn',
      fields: { stream: 'sensor', plugin: 'house', reason: 'bus is gone' },
    });
  });

  test('a source that stayed up for longer than its last pause starts again from 1 s', async () => {
    const source = provideSensor(new Sensor());
    follow();
    for (let round = 0; round < 4; round++) {
      source.source.error(new Error('gone'));
      await clock.advance(Duration.parse('8s'));
    }
    await clock.advance(Duration.parse('10s'));
    source.source.error(new Error('gone'));
    await clock.advance(Duration.parse('1s'));
    expect(source.openings).toHaveLength(6);
  });

  test('open that throws counts as a fault of the source', async () => {
    let opened = 0;
    provideSensor<StateStream>({
      open: () => {
        if (opened++ === 0) throw new Error('no such device');
        return new Observable((subscriber) => subscriber.next(7));
      },
    });
    const readings = follow();
    expect(readings).toMatchObject([{ quality: 'lost', reason: 'no such device' }]);
    await clock.advance(Duration.parse('1s'));
    expect(readings.at(-1)).toMatchObject({ quality: 'ok', value: 7 });
  });

  test('a follower that causes a change leaves all with the latest reading', () => {
    const source = provideSensor(new Sensor());
    hub.state(sensor).changes.subscribe(({ value }) => {
      if (value === 1) source.source.next(2);
    });
    const readings = follow();
    source.source.next(1);
    expect(readings.map(({ value }) => value)).toEqual([undefined, 1, 2]);
  });

  test('sample takes the value at this instant; one that throws is lost, and a lost reading is not sampled', () => {
    let failing = false;
    const source = provideSensor(
      Object.assign(new Sensor(), {
        sample: (_parameters: unknown, latest: unknown): unknown => {
          if (failing) throw new Error('cannot read');
          return (latest as number) + 100;
        },
      }),
    );
    const state = hub.state(sensor);
    follow();
    expect(state.sample()).toMatchObject({ quality: 'lost', reason: 'not read yet' });
    source.source.next(1);
    expect(state.sample()).toMatchObject({ quality: 'ok', value: 101 });
    expect(state.reading.value).toBe(1);
    failing = true;
    expect(state.sample()).toMatchObject({ quality: 'lost', reason: 'it cannot be read: cannot read' });
  });

  test('closing the hub completes its followers and leaves no timer', () => {
    const source = provideSensor(new Sensor());
    let completed = 0;
    hub.state(sensor).changes.subscribe({ complete: () => completed++ });
    source.source.error(new Error('gone'));
    expect(clock.pendingTimers).toEqual(['open sensor again']);
    hub.close();
    expect(completed).toBe(1);
    expect(clock.pendingTimers).toEqual([]);
    hub.state(sensor).changes.subscribe({ complete: () => completed++ });
    expect(completed).toBe(2);
  });
});

test('an unknown stream and one of the other kind are refused', () => {
  provideDoor();
  expect(() => hub.state({ stream: 'window', parameters: {} })).toThrow(
    expect.objectContaining({ code: 'STREAM_UNKNOWN' }),
  );
  expect(() => hub.state({ stream: 'door', parameters: {} })).toThrow(
    expect.objectContaining({ code: 'STREAM_KIND_WRONG' }),
  );
});

describe('after a gap', () => {
  const values: unknown[] = [];
  const follow = (): void => {
    values.length = 0;
    hub.state(sensor).changes.subscribe(({ value, quality }) => values.push(quality === 'ok' ? value : quality));
  };

  test('a state is read again, and what had waited for the former source is heard before it is closed', async () => {
    const source = provideSensor(new Sensor());
    follow();
    source.source.next(1);
    let isOver = false;
    const over = hub.catchUp().then(() => (isOver = true));
    await clock.settle();
    expect(source.openings).toHaveLength(2);
    source.openings[0]!.next(2);
    await clock.settle();
    expect([source.closed, isOver]).toEqual([0, false]);
    source.openings[1]!.next(3);
    await over;
    source.openings[0]!.next(4);
    expect(source.closed).toBe(1);
    expect(values).toEqual(['lost', 1, 2, 3]);
  });

  test('a state that is not read within 10 s is lost until it is', async () => {
    const source = provideSensor(new Sensor());
    follow();
    source.source.next(1);
    const over = hub.catchUp();
    await clock.advance(Duration.parse('10s'));
    await over;
    expect(hub.state(sensor).reading.reason).toMatch('not read again');
    source.source.next(1);
    expect(values).toEqual(['lost', 1, 'lost', 1]);
  });

  test('a state that was not read after one gap holds up nothing after the next', async () => {
    const source = provideSensor(new Sensor());
    follow();
    source.source.next(1);
    const over = hub.catchUp();
    await clock.advance(Duration.parse('10s'));
    await over;
    await hub.catchUp();
    expect(source.openings).toHaveLength(2);
  });

  test('what had waited for a state that was lost is heard before it is over', async () => {
    const source = provideSensor(new Sensor());
    follow();
    let isOver = false;
    const over = hub.catchUp().then(() => (isOver = true));
    source.openings[0]!.next(1);
    await clock.settle();
    expect(isOver).toBe(false);
    source.openings[1]!.next(2);
    await over;
  });

  test('a source that cannot be opened a second time is opened again after a pause', async () => {
    const source = provideSensor(new Sensor());
    follow();
    source.source.next(1);
    const over = hub.catchUp();
    source.openings[1]!.error(new Error('it is in use'));
    await over;
    await clock.advance(Duration.parse('1s'));
    expect(source.openings).toHaveLength(3);
    source.openings[2]!.next(2);
    expect(values).toEqual(['lost', 1, 'lost', 2]);
  });

  test('a former source that fails changes nothing', async () => {
    const source = provideSensor(new Sensor());
    follow();
    source.source.next(1);
    const over = hub.catchUp();
    source.openings[0]!.error(new Error('it has gone'));
    source.openings[1]!.next(2);
    await over;
    expect(values).toEqual(['lost', 1, 2]);
  });

  test('an event stream says when it has delivered what waited; one that cannot gets a second', async () => {
    const source = provideDoor();
    hub.listen(door({}), () => undefined);
    await clock.settle();
    let isOver = false;
    const over = hub.catchUp().then(() => (isOver = true));
    await clock.advance(Duration.parse('999ms'));
    expect(isOver).toBe(false);
    await clock.advance(Duration.parse('1ms'));
    await over;
    Object.assign(source, { catchUp: () => Promise.reject(new Error('out of reach')) });
    await hub.catchUp();
  });

  test('an event stream that never says so is waited for no longer than 10 s', async () => {
    const source = provideDoor();
    Object.assign(source, { catchUp: () => new Promise(() => {}) });
    hub.listen(door({}), () => undefined);
    await clock.settle();
    const over = hub.catchUp();
    await clock.advance(Duration.parse('10s'));
    await over;
  });
});

describe('observers', () => {
  const observed: string[] = [];
  const observer = (name: string): StreamObserver => ({
    event: ({ text }, { event }) => observed.push(`${name}: ${text} ${JSON.stringify(event)}`),
    reading: ({ text }, { quality }) => observed.push(`${name}: ${text} ${quality}`),
  });
  const faulty: StreamObserver = {
    event: () => {
      throw new Error('out of ink');
    },
    reading: () => {
      throw new Error('out of ink');
    },
  };
  const observe = (...observers: StreamObserver[]): void => {
    observed.length = 0;
    const kinds = { door: 'event', sensor: 'state' } as Readonly<Record<string, 'event' | 'state'>>;
    hub = new SharedStreamHub(
      (name) => {
        const description = { name, kind: kinds[name], summary: '', value: z.unknown() } as StreamDescription;
        return { description, instance: instances[name]!.instance, plugin: 'house' };
      },
      clock,
      log,
      () => 0,
      { observers, mask: (text) => text.replaceAll('hush', '***') },
    );
  };

  test('each of several hears what came from which stream, before its listeners do', async () => {
    const source = provideDoor();
    const inside = provideSensor(new Sensor());
    observe(observer('one'), observer('other'));
    hub.listen(door({}, { floor: 'hush 2' }), ({ event }) => observed.push(`listener: ${JSON.stringify(event)}`));
    hub.state({ stream: 'sensor', parameters: { bus: 1 } }).changes.subscribe();
    await clock.settle();
    source.events.next(7);
    inside.source.next(1);
    expect(observed).toEqual([
      'one: door(*** 2) 7',
      'other: door(*** 2) 7',
      'listener: 7',
      'one: sensor(1) ok',
      'other: sensor(1) ok',
    ]);
  });

  test('one that throws is at fault alone, and the log says so once', async () => {
    const source = provideDoor();
    observe(faulty, observer('other'));
    hub.listen(door({}), ({ event }) => observed.push(`listener: ${JSON.stringify(event)}`));
    await clock.settle();
    for (const event of [1, 2]) source.events.next(event);
    expect(observed).toEqual(['other: door 1', 'listener: 1', 'other: door 2', 'listener: 2']);
    expect(log.lines.map(({ message }) => message)).toEqual(['An observer of the streams (Object) failed: out of ink']);
  });
});
