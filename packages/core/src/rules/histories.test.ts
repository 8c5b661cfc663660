import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eventHistory, levelHistory, play, seconds, text } from './history.fixture.js';
import { possibleActs } from './reference-machine.fixture.js';
import { ruleOnEvents, ruleOnLevel, type LevelRule, type Limit, type Rung } from './reference-rules.fixture.js';
import type { Notation } from './rule-notation.fixture.js';

/** How many random histories each rule is put through. */
const histories = process.env['DEVICERC_PROVE'] ? 20_000 : 200;

const limit: fc.Arbitrary<Limit> = fc.record({
  runs: fc.integer({ min: 1, max: 3 }),
  per: seconds(60, 600, 3_600),
  cooldown: seconds(0, 30, 600),
});
const onGap = fc.constantFrom(undefined, 'resume', 'resume', 'restart', 'fire');
const resetAfter = fc.option(seconds(20, 60, 600), { nil: undefined });
const withFor: fc.Arbitrary<LevelRule> = fc.record({
  isEscalation: fc.constant(false),
  rungs: seconds(0, 60, 600, 1_200).map((after) => [{ after }]),
  limit,
  onGap,
  resetAfter,
});
const rung: fc.Arbitrary<Rung> = fc.record({
  after: seconds(0, 10, 50, 60, 600, 1_200),
  limit: fc.option(limit, { nil: undefined }),
});
const withRungs: fc.Arbitrary<LevelRule> = fc.record({
  isEscalation: fc.constant(true),
  rungs: fc.array(rung, { minLength: 2, maxLength: 3 }).map((rungs) => rungs.toSorted((a, b) => a.after - b.after)),
  limit,
  onGap,
  resetAfter,
});

const limitNotation = ({ runs, per, cooldown }: Limit): Notation => ({
  runs,
  per: text(per),
  cooldown: text(cooldown),
});

function levelNotation({ isEscalation, rungs, limit: ruleLimit, resetAfter: reset, onGap: gap }: LevelRule): Notation {
  const stages = rungs.map(({ after, limit: own }, id) => ({
    after: text(after),
    then: [{ do: 'act', with: { id } }],
    ...(own && { limit: limitNotation(own) }),
  }));
  const [{ after, then }] = stages as [(typeof stages)[0]];
  return {
    when: 'a',
    limit: limitNotation(ruleLimit),
    ...(isEscalation ? { escalate: stages } : { for: after, then }),
    ...(reset !== undefined && { 'reset-after': text(reset) }),
    ...(gap && { 'on-gap': gap }),
  };
}

test.each([
  ['with for', withFor],
  ['that escalates', withRungs],
])(
  'a rule on a level %s acts exactly when the reference model does, whatever happens to the device',
  async (_, rules) => {
    await fc.assert(
      fc.asyncProperty(rules, levelHistory, async (rule, happenings) => {
        const played = await play(levelNotation(rule), happenings);
        expect(possibleActs(ruleOnLevel(rule), happenings, played)).toContainEqual(played.acts);
      }),
      { numRuns: histories },
    );
  },
  3_600_000,
);

test('a rule on events acts exactly when the reference model does, for each key', async () => {
  await fc.assert(
    fc.asyncProperty(limit, eventHistory, async (rule, happenings) => {
      const notation = {
        on: [{ custom: { event: 'door' } }],
        key: 'string(event.data.id)',
        limit: limitNotation(rule),
        then: [{ do: 'act', with: { id: '${{ event.data.id }}' } }],
      };
      const played = await play(notation, happenings);
      expect(possibleActs(ruleOnEvents(rule), happenings, played)).toContainEqual(played.acts);
    }),
    { numRuns: histories },
  );
}, 3_600_000);

test('the time that nobody watched does not count, even when the power is cut just after the next start', async () => {
  const rule = { when: 'a', for: '10m', 'on-gap': 'resume', then: [{ do: 'act', with: { id: 1 } }] };
  const { acts } = await play(rule, [
    { kind: 'level', isTrue: true },
    { kind: 'pass', time: 60_000 },
    { kind: 'kill', time: 300_000 },
    { kind: 'pass', time: 5_000 },
    { kind: 'power-cut', time: 0, records: 0, signs: true },
    { kind: 'pass', time: 3_600_000 },
  ]);
  expect(acts).toEqual([`${365_000 + 540_000} 1`]);
});
