import { uptime } from 'node:os';
import { afterEach, describe, expect, test } from '@jest/globals';
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
