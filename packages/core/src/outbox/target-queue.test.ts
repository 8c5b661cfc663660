import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
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
