import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Duration } from '../clock/duration.js';
import { actsOnEvents, actsOnLevel, type Happening, type LimitedRule } from './reference-model.fixture.js';
import type { Notation } from './rule-notation.fixture.js';
import { World } from './world.fixture.js';

/** How many random histories each rule is put through. */
const histories = process.env['DEVICERC_PROVE'] ? 20_000 : 200;

const seconds = (...choices: number[]): fc.Arbitrary<number> => fc.constantFrom(...choices.map((time) => time * 1_000));
const text = (milliseconds: number): string => Duration.ofMilliseconds(milliseconds).toString();

const times = seconds(1, 7, 19, 20, 21, 45, 59, 60, 61, 300, 599, 600, 3_600);
const gaps = seconds(0, 1, 5, 30, 41, 59, 60, 61, 600);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: times.map((time): Happening => ({ kind: 'pass', time })) },
  { weight: 2, arbitrary: fc.boolean().map((isTrue): Happening => ({ kind: 'level', isTrue })) },
  { weight: 2, arbitrary: fc.constantFrom(1, 2).map((id): Happening => ({ kind: 'event', id })) },
  fc.constantFrom(336, -1).map((hours): Happening => ({ kind: 'wall', hours })),
  fc.constant<Happening>({ kind: 'reload' }),
  fc.tuple(fc.constantFrom('restart', 'kill', 'reboot'), gaps).map(([kind, time]): Happening => ({ kind, time })),
);
const history = fc.array(happening, { minLength: 5, maxLength: 25 });
const limited: fc.Arbitrary<LimitedRule> = fc.record({
  for: seconds(0, 1, 50, 60, 600),
  runs: fc.integer({ min: 1, max: 3 }),
  per: seconds(60, 600, 3_600),
  cooldown: seconds(0, 30, 600),
});

const limitOf = ({ runs, per, cooldown }: LimitedRule): Notation => ({
  runs,
  per: text(per),
  cooldown: text(cooldown),
});

/** @returns the calls of `act`, each with its time and what the rule gave it */
async function actsOf(rule: Notation, happenings: readonly Happening[]): Promise<readonly string[]> {
  const world = new World();
  let edits = 0;
  const rules = (): Notation[] => [rule, { when: 'b', then: [{ wait: `${++edits}s` }] }];
  try {
    world.set('a', false);
    await world.start(...rules());
    for (const each of happenings) await happen(world, each, rules);
  } finally {
    await world.close();
  }
  return world.calls.map((call) => {
    const [time, , input = '{}'] = call.split(' ');
    const { id } = JSON.parse(input) as { id?: number };
    return [Duration.parse(time!).milliseconds, id].join(' ').trim();
  });
}

async function happen(world: World, happening: Happening, rules: () => Notation[]): Promise<void> {
  switch (happening.kind) {
    case 'pass':
      return world.pass(text(happening.time));
    case 'level':
      return world.play([{ a: happening.isTrue }]);
    case 'event':
      return world.emit('door', { id: happening.id });
    case 'wall':
      return world.clock.jumpWall(Duration.ofMilliseconds(happening.hours * 3_600_000));
    case 'reload':
      return world.reload(...rules());
    case 'restart':
      return world.restart(text(happening.time));
    case 'kill':
      return world.kill(text(happening.time));
    case 'reboot':
      return world.reboot(text(happening.time));
  }
}

test('a rule on a level acts exactly when the reference model does, whatever happens to the engine', async () => {
  await fc.assert(
    fc.asyncProperty(limited, history, async (rule, happenings) => {
      const notation = { when: 'a', for: text(rule.for), limit: limitOf(rule), then: [{ do: 'act' }] };
      expect(await actsOf(notation, happenings)).toEqual(actsOnLevel(rule, happenings));
    }),
    { numRuns: histories },
  );
}, 3_600_000);

test('a rule on events acts exactly when the reference model does, for each key', async () => {
  await fc.assert(
    fc.asyncProperty(limited, history, async (rule, happenings) => {
      const then = [{ do: 'act', with: { id: '${{ event.data.id }}' } }];
      const notation = {
        on: [{ custom: { event: 'door' } }],
        key: 'string(event.data.id)',
        limit: limitOf(rule),
        then,
      };
      expect(await actsOf(notation, happenings)).toEqual(actsOnEvents(rule, happenings));
    }),
    { numRuns: histories },
  );
}, 3_600_000);
