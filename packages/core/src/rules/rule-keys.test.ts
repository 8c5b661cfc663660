import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Notation } from './rule-notation.fixture.js';
import { World, type Answer, type Script } from './world.fixture.js';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const act = { do: 'act' };
const other = { do: 'other' };
const door = { custom: { event: 'door' } };
const onDoor = { on: [door] };
const on = { a: true };
const off = { a: false };
const fails: readonly Answer[] = [{ fail: 'no' }];
const rungs = [{ after: '2m', then: [act] }];
const held = { while: 'a', hold: { do: 'keep' } };

interface Expected {
  readonly calls: readonly string[];
  readonly aborts?: readonly string[];
  readonly outcome?: string;
}
type Row = readonly [claim: string, rule: Notation, script: Script, expected: Expected, answers?: readonly Answer[]];

const tables: Readonly<Record<string, readonly Row[]>> = {
  description: [
    ['changes nothing', { ...onDoor, description: 'For people', then: [act] }, ['door'], { calls: ['0s act'] }],
  ],
  while: [
    ['holds while it is true', held, [off, '1s', on, '1m', off], { calls: ['1s keep'], aborts: ['1m1s keep'] }],
    ['holds at the start when it is true already', held, [on, '1m'], { calls: ['0s keep'] }],
    [
      'holds again when it is true again',
      held,
      [on, '1m', off, '1m', on],
      { calls: ['0s keep', '2m keep'], aborts: ['1m keep'] },
    ],
    ['takes nothing while its stream is lost', held, ['1h'], { calls: [] }],
  ],
  hold: [
    [
      'is aborted with the condition, not by time',
      held,
      [on, '7d', off],
      { calls: ['0s keep'], aborts: ['7d keep'], outcome: 'succeeded' },
    ],
  ],
  'hold.do': [['names the action that is kept up', held, [on], { calls: ['0s keep'] }]],
  'hold.with': [
    [
      'is its input',
      { while: 'a', hold: { do: 'keep', with: { why: '${{ rule.name }}' } } },
      [on],
      { calls: ['0s keep {"why":"rule"}'] },
    ],
  ],
  'mode and max': [
    [
      'max counts the running one and those in wait; the next is dropped',
      { ...onDoor, mode: 'queued', max: 3, then: [act, { wait: '10s' }] },
      ['door', 'door', 'door', 'door', '2m'],
      { calls: ['0s act', '10s act', '20s act'] },
    ],
  ],
  'limit.runs': [
    [
      'is the number of runs in any window of per',
      { ...onDoor, limit: { runs: 2, per: '1h' }, then: [act] },
      ['door', '10m', 'door', '10m', 'door'],
      { calls: ['0s act', '10m act'] },
    ],
  ],
  'limit.per': [
    [
      'slides: a run leaves the window per after it began',
      { ...onDoor, limit: { runs: 1, per: '1h' }, then: [act] },
      ['door', '59m59s', 'door', '1s', 'door'],
      { calls: ['0s act', '1h act'] },
    ],
  ],
  'limit.cooldown': [
    [
      'is the distance between two runs; the blocked one does not count',
      { ...onDoor, limit: { cooldown: '10m' }, then: [act] },
      ['door', '6m', 'door', '4m', 'door'],
      { calls: ['0s act', '10m act'] },
    ],
  ],
  'limit.then': [
    [
      'skip drops and goes on',
      { ...onDoor, limit: { runs: 1, per: '1h', then: 'skip' }, then: [act] },
      ['door', 'door', '1h', 'door'],
      { calls: ['0s act', '1h act'] },
    ],
    [
      'disable ends the rule at the first refusal',
      { ...onDoor, limit: { runs: 1, per: '1h', then: 'disable' }, then: [act] },
      ['door', 'door', '1h', 'door'],
      { calls: ['0s act'] },
    ],
  ],
  'escalate.after': [
    ['counts from the start of the episode', { when: 'a', escalate: rungs }, [on, '5m'], { calls: ['2m act'] }],
  ],
  'escalate.then': [
    [
      'are the steps of the rung; a failing rung keeps no later one back',
      { when: 'a', escalate: [...rungs, { after: '3m', then: [other] }] },
      [on, '5m'],
      { calls: ['2m act', '3m other'] },
      fails,
    ],
  ],
  'escalate.limit': [
    [
      'blocks its own rung only',
      {
        when: 'a',
        escalate: [
          { after: '1m', limit: { cooldown: '1h' }, then: [act] },
          { after: '2m', then: [other] },
        ],
      },
      [on, '3m', off, on, '3m'],
      { calls: ['1m act', '2m other', '5m other'] },
    ],
  ],
};

describe.each(Object.entries(tables))('%s', (_, rows) => {
  test.each(rows)('%s', async (_claim, rule, script, expected, answers = [{ output: 'done' }]) => {
    world.answer('act', ...answers);
    await world.start(rule);
    await world.play(script);
    expect(world.calls).toEqual(expected.calls);
    if (expected.aborts) expect(world.aborts).toEqual(expected.aborts);
    if (expected.outcome) expect(world.trace).toMatchObject({ outcome: expected.outcome });
  });
});
