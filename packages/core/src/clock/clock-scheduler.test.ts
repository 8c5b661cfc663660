import { describe, expect, test } from '@jest/globals';
import { debounceTime, delay, interval, Subject, take, throttleTime, timeout, timer } from 'rxjs';
import { clockScheduler } from './clock-scheduler.js';
import { Duration } from './duration.js';
import { VirtualClock } from './virtual-clock.js';

const seconds = (amount: number): Duration => Duration.ofMilliseconds(amount * 1000);

describe('RxJS on the injected clock', () => {
  test('tells boottime as its time', () => {
    expect(clockScheduler(new VirtualClock({ boottime: 42 })).now()).toBe(42);
  });

  test('an interval ticks once for each period and leaves no timer behind', async () => {
    const clock = new VirtualClock();
    const ticks: number[] = [];
    interval(1000, clockScheduler(clock))
      .pipe(take(3))
      .subscribe(() => ticks.push(clock.boottime()));
    await clock.advance(seconds(10));
    expect(ticks).toEqual([1000, 2000, 3000]);
    expect(clock.pendingTimers).toEqual([]);
  });

  test('debounceTime emits once, a pause after the last of a burst', async () => {
    const clock = new VirtualClock();
    const source = new Subject<string>();
    const seen: [number, string][] = [];
    source.pipe(debounceTime(1000, clockScheduler(clock))).subscribe((value) => seen.push([clock.boottime(), value]));
    source.next('a');
    await clock.advance(seconds(0.6));
    source.next('b');
    await clock.advance(seconds(5));
    expect(seen).toEqual([[1600, 'b']]);
  });

  test('throttleTime drops what follows within the pause', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    interval(400, clockScheduler(clock))
      .pipe(take(6), throttleTime(1000, clockScheduler(clock)))
      .subscribe(() => seen.push(clock.boottime()));
    await clock.advance(seconds(10));
    expect(seen).toEqual([400, 1600]);
  });

  test('delay and timeout count on the same clock', async () => {
    const clock = new VirtualClock();
    const scheduler = clockScheduler(clock);
    const seen: string[] = [];
    timer(500, scheduler)
      .pipe(delay(250, scheduler))
      .subscribe(() => seen.push(`delayed ${clock.boottime()}`));
    new Subject()
      .pipe(timeout({ first: 600, scheduler }))
      .subscribe({ error: () => seen.push(`timeout ${clock.boottime()}`) });
    await clock.advance(seconds(1));
    expect(seen).toEqual(['timeout 600', 'delayed 750']);
  });

  test('unsubscribing cancels the timer', async () => {
    const clock = new VirtualClock();
    const subscription = timer(1000, clockScheduler(clock)).subscribe(() => {
      throw new Error('fired although nobody listens');
    });
    subscription.unsubscribe();
    expect(clock.pendingTimers).toEqual([]);
    await clock.advance(seconds(2));
  });

  test('work that throws ends its own repetition', async () => {
    const clock = new VirtualClock();
    clockScheduler(clock).schedule(function () {
      this.schedule(undefined, 1000);
      throw new Error('broken work');
    }, 1000);
    await expect(clock.advance(seconds(1))).rejects.toThrow('broken work');
    expect(clock.pendingTimers).toEqual([]);
  });
});
