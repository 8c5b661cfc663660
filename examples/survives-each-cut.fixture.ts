import { expect, test } from '@jest/globals';
import { Duration } from '../packages/core/src/clock/duration.js';
import type { TestChange } from '../packages/core/src/config/test-model.js';
import { loadWeek, playWeek, violations, type Cut, type Week } from './crash-week.fixture.js';

const isProof = Boolean(process.env['DEVICERC_PROVE']);
/** Cut points of each example in the plain suite; the proof takes all. */
const sampled = 5;

export const away: TestChange = { kind: 'network', isThere: false };
export const back: TestChange = { kind: 'network', isThere: true };

export function set(stream: string, field: string, value: unknown): TestChange {
  return { kind: 'set', stream, path: [field], value };
}

export function powerCut(off: string): TestChange {
  return { kind: 'power-cut', off: Duration.parse(off) };
}

/** Declares the test of one example: its week is cut at each operation of the disk (at a few in the plain suite). */
export function survivesEachCut(plan: Week): void {
  test(
    `whatever operation of the disk a week of ${plan.example} is cut at, it never reboots too often or too early, and loses no message`,
    async () => {
      const suite = await loadWeek(plan);
      const whole = await playWeek(plan, suite);
      expect(violations(whole, plan)).toEqual([]);
      const cuts = cutsOf(whole.operations);
      process.stdout.write(`${plan.example}: ${whole.operations} operations, cut at ${cuts.length} points\n`);
      const broken: string[] = [];
      for (const cut of cuts) {
        const found = violations(await playWeek(plan, suite, cut), plan);
        broken.push(...found.map((violation) => `${cut.what} ${cut.moment} operation ${cut.operation}: ${violation}`));
      }
      expect(broken).toEqual([]);
    },
    isProof ? 7_200_000 : 120_000,
  );
}

/** Before, in the middle of and after each operation; what was not synced then is there after a kill and gone after a power cut. */
function cutsOf(operations: number): Cut[] {
  const all = Array.from({ length: operations }, (_, operation) => operation).flatMap((operation) =>
    (['before', 'torn', 'after'] as const).flatMap((moment) =>
      (['kill', 'power-cut'] as const).map((what) => ({ operation, moment, what })),
    ),
  );
  if (isProof) return all;
  // Steps that have no common divisor with the six ways, so that each of them has its turn.
  const distance = Math.max(1, Math.floor(all.length / sampled)) | 1;
  return all.filter((_cut, index) => index % distance === 0);
}
