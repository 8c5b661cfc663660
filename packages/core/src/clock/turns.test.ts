import { expect, test } from '@jest/globals';
import { LoopWatch } from './loop-watch.fixture.js';
import { RealClock } from './real-clock.js';
import { nextTurn } from './turns.js';
import { VirtualClock } from './virtual-clock.js';

/** Computes for this long, in pieces of less than a millisecond that each ask for their turn. */
async function compute(milliseconds: number, clock: RealClock): Promise<void> {
  for (const end = clock.boottime() + milliseconds; clock.boottime() < end;) {
    while (clock.isTurnDue()) await nextTurn();
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
  await nextTurn();
  for (const end = clock.boottime() + 30; clock.boottime() < end;);
  expect(clock.isTurnDue()).toBe(false);
});

test('no turn is ever due in virtual time, which stands still while work is done', () => {
  expect(new VirtualClock().isTurnDue()).toBe(false);
});
