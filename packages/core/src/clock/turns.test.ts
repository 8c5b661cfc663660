import { expect, test } from '@jest/globals';
import { LoopWatch } from './loop-watch.fixture.js';
import { RealClock } from './real-clock.js';
import { VirtualClock } from './virtual-clock.js';

/** Computes for this long, in pieces of less than a millisecond that each ask for their turn. */
async function compute(milliseconds: number, clock: RealClock): Promise<void> {
  for (const end = clock.boottime() + milliseconds; clock.boottime() < end;) {
    if (clock.isTurnDue()) await clock.nextTurn();
    for (let round = 0; round < 1_000; round++) Math.sqrt(round);
    await Promise.resolve();
  }
}

test('many that compute at the same time share the slices of time, and the loop turns between them', async () => {
  const clock = new RealClock();
  const watch = new LoopWatch();
  const start = clock.boottime();
  await Promise.all(Array.from({ length: 100 }, () => compute(600, clock)));
  watch.end();
  expect(clock.boottime() - start).toBeLessThan(3_000);
  expect(watch.turns).toBeGreaterThan(15);
  expect(watch.longest).toBeLessThan(100);
});

test('no turn is due to work that begins after a pause', async () => {
  const clock = new RealClock();
  expect(clock.isTurnDue()).toBe(false);
  await clock.nextTurn();
  for (const end = clock.boottime() + 30; clock.boottime() < end;);
  expect(clock.isTurnDue()).toBe(false);
});

test('no turn is ever due in virtual time, which stands still while work is done', () => {
  expect(new VirtualClock().isTurnDue()).toBe(false);
});

test('each of those who wait for their turn has it, also while another takes all of each slice', async () => {
  const clock = new RealClock();
  const served: number[] = [];
  const greedy = compute(300, clock);
  const patient = async (name: number): Promise<void> => {
    for (let time = 0; time < 3; time++) await clock.nextTurn();
    served.push(name);
  };
  await Promise.all([1, 2, 3].map(patient));
  expect(served).toEqual([1, 2, 3]);
  await greedy;
});
