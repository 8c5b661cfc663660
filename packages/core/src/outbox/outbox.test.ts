import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import { OutboxWorld, type Answer } from './outbox-world.fixture.js';

let world: OutboxWorld;
beforeEach(() => {
  world = new OutboxWorld();
});
afterEach(() => world.close());

const unreachable: Answer = () => Promise.reject(coreError('WEBHOOK_UNREACHABLE', 'no route'));
const refusing: Answer = () => Promise.reject(coreError('WEBHOOK_REFUSED', 'answered 404', { isFinal: true }));
const hanging: Answer = (_attempt, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('told to end'))));

describe('a step that sends', () => {
  test('is delivered at once when the receiver is there, under the key of its run and step', async () => {
    expect(await world.send('then[0]', 'a')).toBe('delivered');
    expect(world.attempts).toMatchObject([{ key: 'r1:then[0]', number: 1 }]);
    expect(world.outbox.list()).toEqual({ waiting: [], dead: [] });
  });

  test('succeeds also when the message has to wait, and the log says so once', async () => {
    world.answers.set('a', unreachable);
    expect(await world.send('then[0]', 'a')).toBe('queued');
    await world.advance('1h');
    expect(world.log.lines).toMatchObject([
      {
        level: 'warn',
        message: 'The message of tell waits in the outbox: no route',
        fields: { rule: 'tell', run: 'r1' },
      },
    ]);
  });

  test('waits for the first attempt for 10 s, or as long as its timeout says; the attempt goes on', async () => {
    world.answers.set('a', hanging);
    const given: unknown[] = [];
    for (const [step, extra] of [
      ['then[0]', {}],
      ['then[1]', { timeout: Duration.parse('3s') }],
    ] as const) {
      void world.call(step, 'a', step, extra).then((output) => given.push([step, world.clock.boottime(), output]));
    }
    await world.advance('30s');
    expect(given).toEqual([
      ['then[1]', 3000, { delivered: false }],
      ['then[0]', 10_000, { delivered: false }],
    ]);
    expect(world.attempts).toHaveLength(1);
  });

  test('that is aborted ends at once, and its message is still delivered', async () => {
    let arrive!: () => void;
    world.answers.set('a', () => new Promise<void>((resolve) => (arrive = resolve)));
    const step = world.call('then[0]', 'a', 'hi');
    await world.clock.settle();
    world.abort.abort();
    await expect(step).rejects.toMatchObject({ code: 'ACTION_ABORTED' });
    arrive();
    await world.clock.settle();
    expect(world.outbox.list().waiting).toEqual([]);
    expect(world.attempts).toHaveLength(1);
  });

  test('that is aborted while its message is put on record ends at once, and its message is still delivered', async () => {
    world.answers.set('a', hanging);
    world.ledger.commit = async () => world.abort.abort();
    expect(await world.send('then[0]', 'a')).toBe('ACTION_ABORTED');
    expect(world.attempts).toHaveLength(1);
    expect(world.clock.pendingTimers).not.toContain('first attempt of notify.send');
  });

  test('with an input that the schema refuses fails and queues nothing', async () => {
    expect(await world.send('then[0]', 'a', 7 as never)).toBe('ACTION_INPUT_INVALID');
    expect(world.ledger.scopes()).toEqual([]);
  });

  test('of more than 256 KiB fails and queues nothing', async () => {
    expect(await world.send('then[0]', 'a', 'x'.repeat(257 * 1024))).toBe('OUTBOX_MESSAGE_TOO_LARGE');
    expect(world.ledger.scopes()).toEqual([]);
  });

  test('that is held runs the action itself', async () => {
    world.answers.set('a', unreachable);
    expect(await world.send('hold', 'a', 'hi', { held: true })).toBe('WEBHOOK_UNREACHABLE');
  });
});

describe('order', () => {
  test('messages to one target wait for each other; another target is not held up', async () => {
    world.answers.set('a', (attempt) => (attempt < 3 ? unreachable(attempt, world.abort.signal) : Promise.resolve()));
    for (const step of ['1', '2', '3']) await world.send(step, 'a');
    expect(await world.send('4', 'b')).toBe('delivered');
    world.answers.delete('a');
    await world.advance('10s');
    expect(world.texts).toEqual(['1', '4', '1', '2', '3']);
  });
});

describe('retry', () => {
  const seconds = (): number[] => world.attempts.map(({ at }) => at / 1000);

  test('pauses grow from 1 s to 5 min, without end while the receiver is out of reach', async () => {
    world.answers.set('a', unreachable);
    await world.send('then[0]', 'a');
    await world.advance('20m');
    expect(seconds()).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111]);
    expect(world.clock.pendingTimers).toHaveLength(1);
    expect(world.outbox.list().waiting).toMatchObject([
      { key: 'r1:then[0]', target: 'a', attempts: 12, lastError: 'no route', rule: 'tell' },
    ]);
  });

  test('after 7 days the message is given up and stands among the dead', async () => {
    world.answers.set('a', unreachable);
    await world.send('then[0]', 'a');
    await world.advance('7d');
    expect(world.outbox.list()).toMatchObject({ waiting: [], dead: [{ reason: 'expired', lastError: 'no route' }] });
    expect(world.log.lines.at(-1)).toMatchObject({ level: 'error', message: expect.stringContaining('7 days') });
    expect(world.clock.pendingTimers).toEqual([]);
  });

  test('a final no is heard five times, over a restart too, then the message is dead and the next has its turn', async () => {
    world.answers.set('a', (_attempt, signal) =>
      world.texts.at(-1) === '1' ? refusing(1, signal) : Promise.resolve(),
    );
    await world.send('1', 'a');
    await world.send('2', 'a');
    await world.advance('2s');
    world.kill();
    await world.advance('1m');
    expect(world.texts).toEqual(['1', '1', '1', '1', '1', '2']);
    expect(world.outbox.list()).toMatchObject({
      waiting: [],
      dead: [{ reason: 'refused', lastError: 'answered 404' }],
    });
  });

  test('the step says how often and with which pauses', async () => {
    world.answers.set('a', unreachable);
    const retry = { attempts: 3, delay: Duration.parse('10s'), factor: 1, maxDelay: Duration.parse('1m'), jitter: 0 };
    await world.send('then[0]', 'a', 'hi', { retry });
    await world.advance('1h');
    expect(seconds()).toEqual([0, 10, 20]);
    expect(world.outbox.list().dead).toMatchObject([{ reason: 'refused', attempts: 3 }]);
  });

  test('the log tells when a message that waited is delivered', async () => {
    world.answers.set('a', (attempt, signal) => (attempt < 3 ? unreachable(attempt, signal) : Promise.resolve()));
    await world.send('then[0]', 'a');
    await world.advance('10s');
    expect(world.log.lines.at(-1)).toMatchObject({ level: 'info', message: expect.stringContaining('waited for 3s') });
  });
});

describe('restarts', () => {
  test('a killed engine loses nothing: the same keys, in order', async () => {
    world.answers.set('a', unreachable);
    for (const step of ['1', '2', '3']) await world.send(step, 'a');
    world.answers.delete('a');
    world.kill();
    await world.clock.settle();
    expect(world.attempts.slice(1).map(({ key }) => key)).toEqual(['r1:1', 'r1:2', 'r1:3']);
    expect(await world.send('4', 'a')).toBe('delivered');
    expect(world.texts.at(-1)).toBe('4');
  });

  test('a power cut loses no message that a step was told of, and repeats one at most under its own key', async () => {
    world.answers.set('b', unreachable);
    await world.send('1', 'a');
    await world.send('2', 'b');
    await world.send('3', 'b');
    world.answers.delete('b');
    const before = world.attempts.length;
    world.cutPower();
    await world.clock.settle();
    expect(world.attempts.slice(before).map(({ key }) => key)).toEqual(['r1:2', 'r1:3']);
  });

  test('a call that is asked again after a kill is not queued twice, whether it waits, was delivered or is dead', async () => {
    world.answers.set('waits', unreachable);
    world.answers.set('dies', refusing);
    await world.send('1', 'good');
    await world.send('2', 'waits');
    await world.send('3', 'dies');
    await world.advance('1m');
    world.kill();
    await world.clock.settle();
    const before = world.attempts.length;
    expect(await world.send('1', 'good')).toBe('delivered');
    expect(await world.send('2', 'waits')).toBe('queued');
    expect(await world.send('3', 'dies')).toBe('queued');
    expect(world.attempts).toHaveLength(before);
    expect(world.outbox.list().waiting).toMatchObject([{ key: 'r1:2' }]);
  });

  test('an orderly stop aborts the attempt in progress, which does not count', async () => {
    world.answers.set('a', hanging);
    const step = world.call('then[0]', 'a', 'hi');
    await world.clock.settle();
    await world.outbox.close();
    await expect(step).resolves.toEqual({ delivered: false });
    expect(world.clock.pendingTimers).toEqual([]);
    expect(world.outbox.list().waiting).toMatchObject([{ attempts: 0 }]);
    world.answers.delete('a');
    world.start();
    await world.clock.settle();
    expect(world.attempts.map(({ key, number }) => [key, number])).toEqual([
      ['r1:then[0]', 1],
      ['r1:then[0]', 1],
    ]);
  });

  test('a message that is still being put on record while other plugins take over stands in its queue once', async () => {
    let secure!: () => void;
    world.ledger.commit = () => new Promise((resolve) => (secure = resolve));
    await world.send('1', 'a');
    await world.outbox.close();
    world.answers.set('a', unreachable);
    world.start();
    await world.clock.settle();
    secure();
    await world.clock.settle();
    world.answers.delete('a');
    await world.advance('10s');
    expect(world.texts).toEqual(['1', '1']);
    expect(world.outbox.list().waiting).toEqual([]);
  });

  test('a message whose action is gone waits until it is back', async () => {
    world.answers.set('a', unreachable);
    await world.send('then[0]', 'a');
    world.answers.delete('a');
    world.hasAction = false;
    world.kill();
    await world.advance('1h');
    expect(world.outbox.list().waiting).toMatchObject([
      { lastError: 'There is no action "notify.send".', attempts: 0 },
    ]);
    world.hasAction = true;
    await world.advance('5m');
    expect(world.texts).toEqual(['then[0]', 'then[0]']);
  });
});

describe('thrift', () => {
  test('nothing is written while a message waits', async () => {
    world.answers.set('a', unreachable);
    await world.send('then[0]', 'a');
    const before = world.record;
    await world.advance('1d');
    expect(world.record).toBe(before);
  });

  test('nothing is written when nothing is sent', async () => {
    await world.advance('1d');
    expect(world.ledger.scopes()).toEqual([]);
    expect(world.clock.pendingTimers).toEqual([]);
  });

  test('of 1,003 messages that wait the three oldest are given up; the dead and the known keys are bounded', async () => {
    world.answers.set('a', unreachable);
    for (let index = 0; index < 1003; index++) await world.call(`${index}`, 'a', `${index}`);
    const { waiting, dead } = world.outbox.list();
    expect(waiting).toHaveLength(1000);
    expect(dead.map(({ key, reason }) => [key, reason])).toEqual([
      ['r1:0', 'overflow'],
      ['r1:1', 'overflow'],
      ['r1:2', 'overflow'],
    ]);
    await world.advance('7d');
    expect(world.outbox.list()).toMatchObject({ waiting: [], dead: { length: 100 } });
    expect(world.ledger.entries('outbox-settled').size).toBe(1000);
  });

  test('of messages that take more than 1 MiB the oldest are given up', async () => {
    world.answers.set('a', unreachable);
    for (let index = 0; index < 6; index++) await world.call(`${index}`, 'a', 'x'.repeat(200 * 1024));
    expect(world.outbox.list().waiting.map(({ key }) => key)).toEqual(['r1:1', 'r1:2', 'r1:3', 'r1:4', 'r1:5']);
  });

  test('a record that cannot be made safe is told once, and the message is delivered all the same', async () => {
    world.ledger.commit = () => Promise.reject(new Error('the disk is full'));
    expect(await world.send('1', 'a')).toBe('delivered');
    expect(await world.send('2', 'a')).toBe('delivered');
    expect(world.log.messages).toEqual(['Messages that wait are not safe from a power cut: the disk is full']);
  });
});
