import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import { OutboxWorld, type Answer } from './outbox-world.fixture.js';

let world: OutboxWorld;
beforeEach(() => {
  world = new OutboxWorld();
});
afterEach(() => world.close());

const refusing: Answer = () => Promise.reject(coreError('WEBHOOK_REFUSED', 'answered 404', { isFinal: true }));

describe('while the network is away', () => {
  const link = 'eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0';
  const lan = 'eth0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0';

  test('no attempt is made, and none is counted', async () => {
    world.routes();
    const retry = { attempts: 1, delay: Duration.parse('1s'), factor: 2, maxDelay: Duration.parse('5m'), jitter: 0 };
    expect(await world.send('then[0]', 'https://far.example', 'hi', { retry })).toBe('queued');
    await world.advance('1d');
    expect(world.attempts).toEqual([]);
    world.routes(link);
    await world.advance('5m');
    expect(world.attempts).toHaveLength(1);
    expect(world.outbox.list().waiting).toEqual([]);
  });

  test('a retry without pauses does not look for it more than once a second', async () => {
    world.routes();
    const looks = jest.spyOn(world, 'reach');
    const retry = { attempts: 3, delay: Duration.zero, factor: 100, maxDelay: Duration.parse('5m'), jitter: 0 };
    await world.send('then[0]', 'https://far.example', 'hi', { retry });
    await world.advance('10m');
    expect(looks.mock.calls.length).toBeLessThanOrEqual(602);
    world.routes(link);
    await world.advance('1s');
    expect(world.attempts).toHaveLength(1);
  });

  test('a target on this machine, and one that is no URL, are tried all the same', async () => {
    world.routes();
    for (const target of ['http://127.0.0.1:80', 'http://localhost', 'http://[::1]:8080', 'modem']) {
      expect(await world.send(target, target)).toBe('delivered');
    }
  });

  test('with a route to neighbours alone it is tried, and a failure is not counted', async () => {
    world.routes(lan);
    world.answers.set('http://10.0.0.1', refusing);
    await world.send('then[0]', 'http://10.0.0.1');
    await world.advance('1h');
    expect(world.attempts.length).toBeGreaterThan(5);
    expect(world.outbox.list().waiting).toMatchObject([{ attempts: 0 }]);
  });
});

describe('while the receiver is out of reach', () => {
  const unreachable: Answer = () => Promise.reject(coreError('WEBHOOK_UNREACHABLE', 'no route'));

  test('messages that push out older ones do not bring the next attempt forward', async () => {
    world.answers.set('a', unreachable);
    for (let index = 0; index < 1_000; index++) await world.call(`${index}`, 'a', 'old');
    await world.advance('1h');
    const before = world.attempts.length;
    for (let index = 0; index < 60; index++) {
      await world.send(`new ${index}`, 'a');
      await world.advance('10s');
    }
    expect(world.attempts.length - before).toBeLessThanOrEqual(3);
  });

  test('messages that are too old do not bring the next attempt forward', async () => {
    world.answers.set('a', unreachable);
    for (let index = 0; index < 60; index++) {
      await world.send(`${index}`, 'a');
      await world.advance('10s');
    }
    await world.advance('6d23h50m');
    expect(world.outbox.list().waiting).toHaveLength(59);
    const before = world.attempts.length;
    await world.advance('10m');
    expect(world.outbox.list().dead).toHaveLength(60);
    expect(world.attempts.length - before).toBeLessThanOrEqual(3);
  });

  test('a message that pauses for long does not make the next one wait for it once it is pushed out', async () => {
    world.answers.set('a', unreachable);
    const retry = { attempts: 9, delay: Duration.parse('1d'), factor: 1, maxDelay: Duration.parse('1d'), jitter: 0 };
    await world.send('slow', 'a', 'slow', { retry });
    for (let index = 0; index < 1_000; index++) await world.call(`${index}`, 'a', 'next');
    world.answers.delete('a');
    await world.advance('10m');
    expect(world.outbox.list().waiting).toEqual([]);
  });
});
