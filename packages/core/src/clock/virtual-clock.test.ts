import { describe, expect, test } from '@jest/globals';
import { Duration } from './duration.js';
import { VirtualClock } from './virtual-clock.js';

const milliseconds = (amount: number): Duration => Duration.ofMilliseconds(amount);

describe('the virtual clock', () => {
  test('stands still until it is advanced', async () => {
    const clock = new VirtualClock({ boottime: 5, wall: 1_000 });
    await clock.settle();
    expect(clock.boottime()).toBe(5);
    await clock.advance(milliseconds(7));
    expect(clock.boottime()).toBe(12);
    expect(clock.wall()).toEqual({ milliseconds: 1_007, synchronized: true });
  });

  test('fires timers in order of due time, equal ones in order of scheduling', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    for (const [name, due] of [
      ['c', 20],
      ['a', 10],
      ['d', 20],
      ['b', 10],
    ] as const)
      clock.schedule(due, () => fired.push(`${name}@${clock.boottime()}`), name);
    expect(clock.pendingTimers).toEqual(['a', 'b', 'c', 'd']);
    await clock.advance(milliseconds(20));
    expect(fired).toEqual(['a@10', 'b@10', 'c@20', 'd@20']);
  });

  test('fires neither what is cancelled nor what is due later', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const cancelled = clock.schedule(10, () => fired.push('cancelled'), 'cancelled');
    clock.schedule(11, () => fired.push('later'), 'later');
    cancelled.cancel();
    cancelled.cancel();
    await clock.advance(milliseconds(10));
    expect(fired).toEqual([]);
    expect(clock.pendingTimers).toEqual(['later']);
  });

  test('a timer scheduled by a promise of another timer fires within the same advance, at its own time', async () => {
    const clock = new VirtualClock();
    const times: number[] = [];
    clock.schedule(
      10,
      () =>
        void (async () => {
          await new Promise(setImmediate);
          await Promise.resolve();
          clock.schedule(10, () => times.push(clock.boottime()), 'second');
        })(),
      'first',
    );
    await clock.advance(milliseconds(100));
    expect(times).toEqual([20]);
  });

  test('a sleep in a loop wakes once for each period', async () => {
    const clock = new VirtualClock();
    const woken: number[] = [];
    void (async () => {
      for (let round = 0; round < 3; round++) {
        await clock.sleep(milliseconds(50), 'loop');
        woken.push(clock.boottime());
      }
    })();
    await clock.advance(milliseconds(1000));
    expect(woken).toEqual([50, 100, 150]);
  });

  test('an aborted sleep rejects with the reason and leaves no timer', async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const sleep = clock.sleep(milliseconds(50), 'sleep', abort.signal);
    abort.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    await expect(clock.sleep(milliseconds(50), 'sleep', abort.signal)).rejects.toThrow('enough');
    expect(clock.pendingTimers).toEqual([]);
  });

  test('advances that overlap run one after the other', async () => {
    const clock = new VirtualClock();
    await Promise.all([clock.advance(milliseconds(10)), clock.advance(milliseconds(5))]);
    expect(clock.boottime()).toBe(15);
  });

  test('what a callback throws rejects the advance, and the clock still works', async () => {
    const clock = new VirtualClock();
    clock.schedule(
      5,
      () => {
        throw new Error('broken callback');
      },
      'broken',
    );
    await expect(clock.advance(milliseconds(10))).rejects.toThrow('broken callback');
    await clock.advance(milliseconds(10));
    expect(clock.boottime()).toBe(15);
  });

  test('a jump moves the wall only, and fires nothing', async () => {
    const clock = new VirtualClock({ wall: 0, synchronized: false });
    clock.schedule(1000, () => expect(clock.boottime()).toBe(1000), 'timer');
    clock.jumpWall(Duration.parse('14d'));
    await clock.settle();
    expect(clock.boottime()).toBe(0);
    expect(clock.pendingTimers).toEqual(['timer']);
    clock.jumpWall(-86_400_000);
    clock.setSynchronized(true);
    expect(clock.wall()).toEqual({ milliseconds: 13 * 86_400_000, synchronized: true });
  });
});
