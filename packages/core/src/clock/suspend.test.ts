import { afterEach, expect, jest, test } from '@jest/globals';
import { Duration } from './duration.js';

/** How long the machine was suspended: uptime counts it (CLOCK_BOOTTIME), and Node's timers do not (CLOCK_MONOTONIC). */
let suspended = 0;
const os = await import('node:os');
jest.unstable_mockModule('node:os', () => ({ ...os, uptime: () => os.uptime() + suspended }));
const { RealClock } = await import('./real-clock.js');
const { eventually } = await import('./eventually.fixture.js');

const clock = new RealClock();
afterEach(() => clock.dispose());

test('a suspend is a gap, which is noticed before what was due in it fires', async () => {
  const happened: string[] = [];
  clock.gaps.subscribe(({ from, to }) => happened.push(`gap of ${Math.round((to - from) / 60_000)}m`));
  clock.schedule(Duration.parse('10m').milliseconds, () => happened.push('timer'), 'due while suspended');
  const endPulse = clock.keepPulse(Duration.parse('500ms'));
  suspended = 3_600;
  await eventually(() => happened.length > 0);
  endPulse();
  expect(happened).toEqual(['gap of 60m']);
  expect(clock.boottime()).toBeGreaterThan(os.uptime() * 1_000 + 3_500_000);
});
