import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Duration } from '../clock/duration.js';
import type { LimitModel } from '../config/rule-model.js';
import { inForce, nextStart, withStart } from './limits.js';
import { World } from './world.fixture.js';

const minute = 60_000;

interface LimitCase {
  readonly runs: number;
  readonly per: number;
  readonly cooldown: number;
  readonly gaps: readonly number[];
}

const cases = fc.record({
  runs: fc.integer({ min: 1, max: 4 }),
  per: fc.integer({ min: 1, max: 60 }),
  cooldown: fc.integer({ min: 0, max: 30 }),
  gaps: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 60 }),
});

function limitOf({ runs, per, cooldown }: LimitCase): LimitModel {
  return {
    runs,
    per: Duration.ofMilliseconds(per * minute),
    cooldown: Duration.ofMilliseconds(cooldown * minute),
    then: 'skip',
    isDefault: false,
  };
}

function expectKept({ runs, per, cooldown }: LimitCase, starts: readonly number[]): void {
  starts.forEach((start, index) => {
    const inWindow = starts.filter((other) => other <= start && other > start - per * minute);
    expect(inWindow.length).toBeLessThanOrEqual(runs);
    if (index > 0) expect(start - starts[index - 1]!).toBeGreaterThanOrEqual(cooldown * minute);
  });
}

describe('for any order of events', () => {
  test('no sliding window holds more runs than allowed, and the cooldown lies between each two', () => {
    fc.assert(
      fc.property(cases, (limitCase) => {
        const limit = limitOf(limitCase);
        const all: number[] = [];
        let remembered: readonly number[] = [];
        let now = 0;
        for (const gap of limitCase.gaps) {
          now += gap * minute;
          if (nextStart(limit, remembered).at > now) continue;
          remembered = withStart(limit, remembered, now);
          all.push(now);
        }
        expectKept(limitCase, all);
        expect(remembered.length).toBeLessThanOrEqual(limitCase.runs);
      }),
    );
  });

  test('a blocked event is never let through by what the record forgot', () => {
    fc.assert(
      fc.property(cases, (limitCase) => {
        const limit = limitOf(limitCase);
        let pruned: readonly number[] = [];
        let complete: readonly number[] = [];
        let now = 0;
        for (const gap of limitCase.gaps) {
          now += gap * minute;
          const allowed = nextStart(limit, complete).at <= now;
          expect(nextStart(limit, inForce(limit, pruned, now)).at <= now).toBe(allowed);
          if (!allowed) continue;
          pruned = withStart(limit, pruned, now);
          complete = [...complete, now];
        }
      }),
    );
  });

  test('a whole rule keeps its limit', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (limitCase) => {
        const world = new World();
        const { runs, per, cooldown, gaps } = limitCase;
        await world.start({
          on: [{ custom: { event: 'door' } }],
          mode: 'parallel',
          limit: { runs, per: `${per}m`, cooldown: `${cooldown}m` },
          then: [{ do: 'act' }],
        });
        for (const gap of gaps.slice(0, 15)) {
          await world.pass(`${gap}m`);
          await world.emit('door');
        }
        const starts = world.calls.map((call) => Duration.parse(call.split(' ')[0]!).milliseconds);
        expectKept(limitCase, starts);
        await world.close();
      }),
      { numRuns: 30 },
    );
  });
});

test('for never fires before the condition was true without a break for as long', async () => {
  const stretch = fc.record({ value: fc.boolean(), minutes: fc.integer({ min: 1, max: 12 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(stretch, { maxLength: 12 }), async (stretches) => {
      const world = new World();
      await world.start({ when: 'a', for: '10m', then: [{ do: 'act' }] });
      const expected: string[] = [];
      let now = 0;
      let trueSince: number | undefined;
      for (const { value, minutes } of stretches) {
        trueSince = value ? (trueSince ?? now) : undefined;
        world.set('a', value);
        await world.pass(`${minutes}m`);
        const due = trueSince === undefined ? Infinity : trueSince + 10;
        if (due > now && due <= now + minutes) expected.push(`${Duration.parse(`${due}m`)} act`);
        now += minutes;
      }
      expect(world.calls).toEqual(expected);
      await world.close();
    }),
    { numRuns: 40 },
  );
});
