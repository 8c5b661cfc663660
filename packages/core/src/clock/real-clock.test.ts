import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { uptime } from 'node:os';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Gap } from './clock.js';
import { Duration } from './duration.js';
import { eventually } from './eventually.fixture.js';
import { RealClock } from './real-clock.js';
import { ScaledClock } from './scaled-clock.js';
import { VirtualClock } from './virtual-clock.js';

describe('the real clock', () => {
  let synchronized = false;
  const clock = new RealClock({ synchronized: () => synchronized });
  afterEach(() => clock.dispose());

  test('counts from the boot of the machine and never goes back', () => {
    expect(Math.abs(clock.boottime() - uptime() * 1000)).toBeLessThan(2_000);
    const readings = Array.from({ length: 1_000 }, () => clock.boottime());
    expect(readings).toEqual(readings.toSorted((left, right) => left - right));
  });

  test('asks each time whether the wall is synchronised', () => {
    expect(clock.wall().synchronized).toBe(false);
    synchronized = true;
    expect(clock.wall().synchronized).toBe(true);
  });

  test('a timer fires no sooner than it is due', async () => {
    const start = clock.boottime();
    await clock.sleep(Duration.ofMilliseconds(15), 'short');
    expect(clock.boottime() - start).toBeGreaterThanOrEqual(14);
  });

  test('a timer beyond 32 bits of milliseconds does not fire at once', async () => {
    const fired: string[] = [];
    clock.schedule(2 ** 31 + 5, () => fired.push('long'), 'long');
    clock.schedule(5, () => fired.push('short'), 'short');
    await eventually(() => fired.includes('short'));
    expect(fired).toEqual(['short']);
  });
});

describe('the scaled clock', () => {
  test('passes n times as fast, wall and timers alike', async () => {
    const inner = new VirtualClock({ boottime: 1_000, wall: 50_000, synchronized: false });
    const clock = new ScaledClock(inner, 60);
    const fired: number[] = [];
    clock.schedule(600_000, () => fired.push(clock.boottime()), 'ten minutes');
    await inner.advance(Duration.parse('10s'));
    expect(fired).toEqual([601_000]);
    expect(clock.wall()).toEqual({ milliseconds: 650_000, synchronized: false });
  });
});

describe('the real clock of a process that stood still', () => {
  const clock = new RealClock();
  afterEach(() => clock.dispose());

  /** As a long piece of work does, or a stopped process. */
  function standStill(milliseconds: number): void {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
  }

  test('notices the gap before what was due in it fires', async () => {
    const happened: string[] = [];
    const subscription = clock.gaps.subscribe(({ from, to }) => happened.push(to - from > 1_000 ? 'gap' : 'trifle'));
    clock.schedule(100, () => happened.push('timer'), 'due in the gap');
    standStill(1_300);
    await eventually(() => happened.includes('timer'));
    expect(happened).toEqual(['gap', 'timer']);
    subscription.unsubscribe();
  });

  test('notices it when it is asked to, before any timer fires', () => {
    const gaps: Gap[] = [];
    const subscription = clock.gaps.subscribe((gap) => gaps.push(gap));
    clock.schedule(100, () => {}, 'due in the gap');
    standStill(1_300);
    clock.lookForGap();
    clock.lookForGap();
    expect(gaps).toHaveLength(1);
    expect(gaps[0]!.to).toBeLessThanOrEqual(clock.boottime());
    subscription.unsubscribe();
  });

  test('takes a short delay for no gap', async () => {
    const gaps: Gap[] = [];
    const subscription = clock.gaps.subscribe((gap) => gaps.push(gap));
    const sleep = clock.sleep(Duration.ofMilliseconds(50), 'a little late');
    standStill(300);
    await sleep;
    expect(gaps).toEqual([]);
    subscription.unsubscribe();
  });

  test('knows by its pulse when the gap began', async () => {
    const gaps: Gap[] = [];
    const subscription = clock.gaps.subscribe((gap) => gaps.push(gap));
    const endPulse = clock.keepPulse(Duration.ofMilliseconds(100));
    await clock.sleep(Duration.ofMilliseconds(450), 'a time in which it is at work');
    const from = clock.boottime();
    standStill(1_500);
    await eventually(() => gaps.length > 0);
    endPulse();
    expect(gaps[0]!.from).toBeGreaterThan(from - 400);
    expect(gaps[0]!.from).toBeLessThanOrEqual(from);
    subscription.unsubscribe();
  });

  test('reads what waits in a socket before a late timer fires', async () => {
    const happened: string[] = [];
    const server = createServer((socket) => socket.end('data')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    socket.once('data', () => happened.push('data'));
    clock.schedule(10, () => happened.push('timer'), 'late');
    standStill(100);
    await eventually(() => happened.includes('timer') && happened.includes('data'));
    expect(happened).toEqual(['data', 'timer']);
    socket.destroy();
    server.close();
  });

  test('fires late timers in the order in which they are due, and none that another one cancels', async () => {
    const happened: string[] = [];
    clock.schedule(
      10,
      () => {
        happened.push('first');
        second.cancel();
      },
      'first',
    );
    const second = clock.schedule(20, () => happened.push('second'), 'second');
    clock.schedule(30, () => happened.push('third'), 'third');
    standStill(100);
    clock.schedule(0, () => happened.push('last'), 'last');
    await eventually(() => happened.includes('last'));
    expect(happened).toEqual(['first', 'third', 'last']);
  });
});
