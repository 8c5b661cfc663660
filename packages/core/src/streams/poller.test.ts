import { beforeEach, expect, test } from '@jest/globals';
import { Subject, type Subscription } from 'rxjs';
import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { ClockPoller } from './clock-poller.js';
import type { PollOptions } from './poller.js';
import { lost } from './reading.js';

const every = Duration.parse('10s');
let clock: VirtualClock;
let random: number;
let emitted: unknown[];
/** Boottimes of the readings in seconds. */
let readAt: number[];
beforeEach(() => {
  clock = new VirtualClock();
  random = 0;
  emitted = [];
  readAt = [];
});

function poll(options: Partial<PollOptions<unknown>> = {}): Subscription {
  const { read = () => readAt.length, ...rest } = options;
  const counted: PollOptions<unknown>['read'] = (signal) => {
    readAt.push(clock.boottime() / 1000);
    return read(signal);
  };
  return new ClockPoller(clock, () => random)
    .poll({ name: 'reading of a box', every, ...rest, read: counted })
    .subscribe((value) => emitted.push(value));
}

function advance(time: string): Promise<void> {
  return clock.advance(Duration.parse(time));
}

test('reads at once, and again after each pause, as long as somebody is subscribed', async () => {
  const subscription = poll();
  await advance('25s');
  expect([readAt, emitted]).toEqual([
    [0, 10, 20],
    [1, 2, 3],
  ]);
  subscription.unsubscribe();
  await advance('1m');
  expect(readAt).toHaveLength(3);
  expect(clock.pendingTimers).toEqual([]);
});

test('never reads twice at the same time: the pause begins when a reading ends', async () => {
  const subscription = poll({ read: () => clock.sleep(Duration.parse('7s'), 'slow box') });
  await advance('40s');
  expect(readAt).toEqual([0, 17, 34]);
  subscription.unsubscribe();
  await advance('10s');
});

test('a pause is longer by a random part of its share', async () => {
  random = 0.5;
  const subscription = poll({ jitter: 0.2 });
  await advance('25s');
  expect(readAt).toEqual([0, 11, 22]);
  subscription.unsubscribe();
});

test('is lost by a reading that fails, pauses for longer after each, and as before after one that does not', async () => {
  let failures = 5;
  const read = (): string => {
    if (failures-- > 0) throw new TypeError('no box');
    return 'there';
  };
  const subscription = poll({ read, longestPause: Duration.parse('35s') });
  await advance('2m');
  expect(readAt).toEqual([0, 10, 30, 65, 100]);
  expect(emitted).toEqual(Array(5).fill(lost('no box')));
  await advance('50s');
  expect(readAt.slice(5)).toEqual([135, 145, 155, 165]);
  expect(emitted.slice(5)).toEqual(['there', 'there', 'there', 'there']);
  subscription.unsubscribe();
});

test('a box that is out of reach is asked each time, unless it is to be left in peace', async () => {
  const subscription = poll({ read: () => Promise.reject(new TypeError('no box')) });
  await advance('25s');
  expect(readAt).toEqual([0, 10, 20]);
  subscription.unsubscribe();
});

test('reads when it is prompted, also while it pauses for long, and counts the pause from there', async () => {
  const prompts = new Subject<void>();
  const subscription = poll({ prompts });
  await advance('4s');
  prompts.next();
  await advance('12s');
  expect(readAt).toEqual([0, 4, 14]);
  subscription.unsubscribe();
  expect(prompts.observed).toBe(false);
});

test('what is prompted during a reading is read once, right after it', async () => {
  const prompts = new Subject<void>();
  const subscription = poll({ prompts, read: () => clock.sleep(Duration.parse('7s'), 'slow box') });
  await advance('2s');
  prompts.next();
  prompts.next();
  await advance('20s');
  expect(readAt).toEqual([0, 7]);
  subscription.unsubscribe();
  await advance('10s');
});

test('the end of the subscription ends the reading that is under way', async () => {
  let signal: AbortSignal | undefined;
  const subscription = poll({
    read: (given) => {
      signal = given;
      return clock.sleep(Duration.parse('7s'), 'slow box', given);
    },
  });
  await advance('1s');
  expect(signal?.aborted).toBe(false);
  subscription.unsubscribe();
  expect(signal?.aborted).toBe(true);
  await advance('1m');
  expect([readAt, emitted, clock.pendingTimers]).toEqual([[0], [], []]);
});
