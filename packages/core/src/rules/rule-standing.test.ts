import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Notation } from './rule-notation.fixture.js';
import { World, type Script } from './world.fixture.js';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const door = { custom: { event: 'door' } };
const act = [{ do: 'act' }];
const key = 'string(event.data.id)';
const keep = { do: 'keep' };

const reported = (): string[] =>
  world.transitions.map(({ rule, key: of, from, to, outcome }) =>
    [rule, ...(of === undefined ? [] : [of]), `${from}>${to}`, ...(outcome === undefined ? [] : [outcome])].join(' '),
  );

type Row = readonly [claim: string, rule: Notation, script: Script, transitions: readonly string[]];

const rows: readonly Row[] = [
  ['a run begins and ends', { on: [door], then: act }, ['door'], ['rule idle>running', 'rule running>idle succeeded']],
  [
    'a run fails',
    { on: [door], then: [{ do: 'act', with: { n: '${{ event.data.missing }}' } }] },
    ['door'],
    ['rule idle>running', 'rule running>idle failed'],
  ],
  [
    'one of several runs ends',
    { on: [door], mode: 'parallel', then: [{ wait: '10s' }] },
    ['door', '5s', 'door', '20s'],
    ['rule idle>running', 'rule running>running succeeded', 'rule running>idle succeeded'],
  ],
  [
    'a level holds, and the rule has run in its episode',
    { when: 'a', for: '1m', then: act },
    [{ a: true }, '1m', { a: false }],
    ['rule paused>holding', 'rule holding>running', 'rule running>holding succeeded', 'rule holding>idle'],
  ],
  [
    'a run that lasts ends with its until',
    { on: [door], then: act, until: [{ custom: { event: 'window' } }] },
    ['door', '1s', 'window'],
    ['rule idle>running', 'rule running>holding', 'rule holding>running', 'rule running>idle succeeded'],
  ],
  [
    'a limit blocks, and opens again with nobody looking',
    { on: [door], then: act, limit: { cooldown: '1m' } },
    ['door', '10s', 'door', '49s', '1s'],
    ['rule idle>running', 'rule running>idle succeeded', 'rule idle>limited', 'rule limited>idle'],
  ],
  [
    'an event on which where fails, and one on which it does not, though neither reaches the rule',
    { on: [{ ...door, where: 'event.data.id > 5.0 && event.data.missing' }], then: act },
    ['door 7', 'door 7', 'door 1'],
    ['rule idle>faulted', 'rule faulted>idle'],
  ],
  [
    'an event without a key',
    { on: [door], key: 'event.data.missing', then: act },
    ['door', 'door'],
    ['rule idle>faulted'],
  ],
  [
    'a condition fails to evaluate and recovers, with no moment in between',
    { when: 'a > 5.0', then: act },
    [{ a: 1 }, { a: 'text' }, { a: 2 }],
    ['rule paused>idle', 'rule idle>faulted', 'rule faulted>idle'],
  ],
  [
    'each key stands for itself beside the rule',
    { on: [door], key, then: [{ wait: '10s' }] },
    ['door 1', '5s', 'door 2', '20s'],
    [
      'rule 1 idle>running',
      'rule idle>running',
      'rule 2 idle>running',
      'rule 1 running>idle succeeded',
      'rule 2 running>idle succeeded',
      'rule running>idle',
    ],
  ],
  ['a rule that is not enabled tells nothing', { on: [door], enabled: false, then: act }, ['door'], []],
];

describe('what a rule tells of how it stands', () => {
  test.each(rows)('%s', async (_claim, rule, script, transitions) => {
    await world.start(rule);
    await world.play(script);
    expect(reported().filter((line) => !(rule['when'] && line === 'rule idle>paused'))).toEqual(transitions);
  });

  test('why it stands so comes with it', async () => {
    world.set('a', 'text');
    await world.start({ when: 'a > 5.0', then: act });
    expect(world.transitions.at(-1)).toMatchObject({ to: 'faulted', detail: expect.stringContaining('when: ') });
  });

  test('a stop tells nothing of what it parks, and of what it ends', async () => {
    await world.start({ on: [door], then: [{ wait: '1h' }] }, { on: [door], then: [keep] });
    await world.play(['door']);
    world.transitions.length = 0;
    await world.stop();
    expect(reported()).toEqual([]);
  });

  test('a rule that a reload ends tells how its runs ended', async () => {
    await world.start({ on: [door], then: [keep] });
    await world.play(['door']);
    await world.reload({ on: [door], then: act });
    expect(reported()).toEqual(['rule idle>running', 'rule running>idle aborted']);
  });

  test('to ask changes nothing', async () => {
    world.set('a', true);
    await world.start({ when: 'a', for: '1m', then: act });
    const before = reported();
    for (let look = 0; look < 10; look++) expect(world.engine.status()).toMatchObject([{ state: 'holding' }]);
    world.engine.explain('rule');
    await world.engine.dryRun('rule');
    expect(reported()).toEqual(before);
  });

  test('of a rule that has ended no timer is left', async () => {
    await world.start({ on: [door], then: act, limit: { cooldown: '1h' } });
    await world.play(['door', '1s', 'door']);
    expect(world.clock.pendingTimers).toContain('end of a limit');
    await world.stop();
    expect(world.clock.pendingTimers).toEqual([]);
  });
});
