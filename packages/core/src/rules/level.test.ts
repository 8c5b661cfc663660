import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Notation } from './rule-notation.fixture.js';
import { World, type Script } from './world.fixture.js';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const act = [{ do: 'act' }];
const on = { a: true };
const off = { a: false };

type Row = readonly [claim: string, rule: Notation, script: Script, calls: readonly string[]];

const tables: Readonly<Record<string, readonly Row[]>> = {
  'when without for': [
    ['fires as soon as the condition is true', { when: 'a' }, [off, '5s', on, '1s'], ['5s act']],
    ['fires at the start when it is true already', { when: 'a' }, [on, '1s'], ['0s act']],
    [
      'fires once while it stays true',
      { when: 'a.on' },
      [{ a: { on: true } }, '1m', { a: { on: true } }, '1m'],
      ['0s act'],
    ],
    ['fires again in the next episode', { when: 'a' }, [on, '1s', off, '1s', on, '1s'], ['0s act', '2s act']],
    ['never fires while a stream is lost', { when: '!a' }, ['1h'], []],
  ],
  for: [
    ['fires after the condition held for the time', { when: 'a', for: '10m' }, [on, '1h'], ['10m act']],
    ['does not fire when it held a moment less', { when: 'a', for: '10m' }, [on, '9m59s', off, '1h'], []],
    ['starts from zero after it was false', { when: 'a', for: '10m' }, [on, '9m', off, '1s', on, '1h'], ['19m1s act']],
    [
      'stands still while a stream is lost',
      { when: 'a', for: '10m' },
      [on, '4m', { a: 'lost' }, '1h', on, '1h'],
      ['1h10m act'],
    ],
    [
      'goes on while another value of the stream changes',
      { when: 'a.on', for: '2m' },
      [{ a: { on: true, n: 1 } }, '1m', { a: { on: true, n: 2 } }, '5m'],
      ['2m act'],
    ],
    ['needs all its streams', { when: 'a && b', for: '1m' }, [on, '5m', { b: true }, '5m'], ['6m act']],
  ],
  clear: [
    [
      'keeps the episode until clear is true',
      { when: 'a > 80.0', clear: 'a < 70.0' },
      [{ a: 85 }, '1s', { a: 75 }, '1s', { a: 85 }, '1s'],
      ['0s act'],
    ],
    [
      'a new episode follows after clear',
      { when: 'a > 80.0', clear: 'a < 70.0' },
      [{ a: 85 }, '1s', { a: 65 }, '1s', { a: 85 }, '1s'],
      ['0s act', '2s act'],
    ],
    [
      'does not stretch for: before the firing, false is false',
      { when: 'a > 80.0', clear: 'a < 70.0', for: '1m' },
      [{ a: 85 }, '50s', { a: 75 }, '5m'],
      [],
    ],
  ],
  'at-start': [
    ['fire (the default) takes what is true at the start', { when: 'a', 'at-start': 'fire' }, [on, '1s'], ['0s act']],
    [
      'wait-for-change leaves out what is true at the start',
      { when: 'a', 'at-start': 'wait-for-change' },
      [on, '1h'],
      [],
    ],
    [
      'wait-for-change fires in the next episode',
      { when: 'a', 'at-start': 'wait-for-change' },
      [on, '1s', off, '1s', on, '1s'],
      ['2s act'],
    ],
    [
      'wait-for-change fires when it was false at the start',
      { when: 'a', 'at-start': 'wait-for-change' },
      [off, '1s', on, '1s'],
      ['1s act'],
    ],
  ],
  'reset-after': [
    [
      'a shorter recovery does not end the episode',
      { when: 'a', 'reset-after': '5m' },
      [on, '1m', off, '4m', on, '1m'],
      ['0s act'],
    ],
    [
      'a longer recovery ends it',
      { when: 'a', 'reset-after': '5m' },
      [on, '1m', off, '6m', on, '1m'],
      ['0s act', '7m act'],
    ],
    [
      'two short recoveries are not added',
      { when: 'a', 'reset-after': '5m' },
      [on, off, '3m', on, '1s', off, '3m', on, '1s'],
      ['0s act'],
    ],
    [
      'for still needs unbroken truth',
      { when: 'a', for: '10m', 'reset-after': '5m' },
      [on, '9m', off, '1m', on, '9m', off, '1h'],
      [],
    ],
  ],
  if: [
    [
      'false holds the firing back until it becomes true',
      { when: 'a', if: 'b' },
      [on, { b: false }, '5m', { b: true }, '1s'],
      ['5m act'],
    ],
    ['is forgotten with the episode', { when: 'a', if: 'b' }, [on, { b: false }, '5m', off, { b: true }, '1m'], []],
    [
      'reads the live value when for is over',
      { when: 'a', for: '1m', if: 'b' },
      [on, { b: true }, '59s', { b: false }, '1m'],
      [],
    ],
    ['on a lost stream is not true', { when: 'a', if: '!b' }, [on, '1m'], []],
  ],
  limit: [
    [
      'runs: a blocked level fires as soon as the window lets it',
      { when: 'a', limit: { runs: 1, per: '1h' } },
      [on, '1m', off, on, '2h'],
      ['0s act', '1h act'],
    ],
    [
      'runs: a blocked level that ends meanwhile does not fire',
      { when: 'a', limit: { runs: 1, per: '1h' } },
      [on, '1m', off, on, '1m', off, '2h'],
      ['0s act'],
    ],
    [
      'cooldown: the distance between two runs',
      { when: 'a', limit: { cooldown: '10m' } },
      [on, '1m', off, on, '1h'],
      ['0s act', '10m act'],
    ],
    [
      'then disable: no run ever after',
      { when: 'a', limit: { runs: 1, per: '1h', then: 'disable' } },
      [on, '1m', off, on, '5h', off, on, '1h'],
      ['0s act'],
    ],
  ],
  'mode queued': [
    [
      'a rung that a limit blocks while another runs fires as soon as the limit allows',
      {
        when: 'a',
        mode: 'queued',
        limit: { runs: 1, per: '10m' },
        escalate: [
          { after: '1m', then: [...act, { wait: '2m' }] },
          { after: '2m', then: [{ do: 'other' }] },
        ],
      },
      [on, '1h'],
      ['1m act', '11m other'],
    ],
    [
      'so does one that comes after another that waits',
      {
        when: 'a',
        mode: 'queued',
        limit: { runs: 2, per: '10m' },
        escalate: [
          { after: '1m', then: [{ do: 'act', with: { rung: 1 } }, { wait: '4m' }] },
          { after: '2m', then: [{ do: 'act', with: { rung: 2 } }, { wait: '4m' }] },
          { after: '3m', then: [{ do: 'act', with: { rung: 3 } }] },
          { after: '4m', limit: { runs: 1, per: '1h' }, then: [{ do: 'other' }] },
        ],
      },
      [on, '1h'],
      ['1m act {"rung":1}', '5m act {"rung":2}', '9m other', '11m act {"rung":3}'],
    ],
    [
      'a firing waits for the run before it, whatever becomes of its condition',
      { when: 'a', mode: 'queued', limit: { runs: 9, per: '1h' }, then: [...act, { wait: '5m' }] },
      [on, '1m', off, '1m', on, '1m', off, '1h'],
      ['0s act', '5m act'],
    ],
  ],
  escalate: [
    [
      'each rung fires at its time from the start of the episode',
      {
        when: 'a',
        escalate: [
          { after: '2m', then: act },
          { after: '10m', then: [{ do: 'other' }] },
        ],
      },
      [on, '1h'],
      ['2m act', '10m other'],
    ],
    [
      'each rung fires once in an episode',
      { when: 'a', 'reset-after': '5m', escalate: [{ after: '2m', then: act }] },
      [on, '3m', off, '1m', on, '1h'],
      ['2m act'],
    ],
    [
      'a short recovery does not start the count again',
      {
        when: 'a',
        'reset-after': '5m',
        escalate: [
          { after: '2m', then: act },
          { after: '10m', then: [{ do: 'other' }] },
        ],
      },
      [on, '3m', off, '4m', on, '1h'],
      ['2m act', '10m other'],
    ],
    [
      'nothing fires during a recovery; what came due fires with the relapse',
      { when: 'a', 'reset-after': '5m', escalate: [{ after: '2m', then: act }] },
      [on, '1m', off, '4m', on, '1m'],
      ['5m act'],
    ],
    [
      'a recovery as long as reset-after starts anew',
      { when: 'a', 'reset-after': '5m', escalate: [{ after: '2m', then: act }] },
      [on, '3m', off, '5m', on, '3m'],
      ['2m act', '10m act'],
    ],
    [
      'a rung has a limit of its own',
      {
        when: 'a',
        escalate: [
          { after: '1m', then: act },
          { after: '2m', limit: { runs: 1, per: '24h' }, then: [{ do: 'other' }] },
        ],
      },
      [on, '3m', off, on, '3m'],
      ['1m act', '2m other', '4m act'],
    ],
    [
      'stands still while the stream is lost',
      { when: 'a', escalate: [{ after: '2m', then: act }] },
      [on, '1m', { a: 'lost' }, '1h', on, '2m'],
      ['1h2m act'],
    ],
  ],
  enabled: [['false: the rule does nothing', { when: 'a', enabled: false }, [on, '1h'], []]],
  shadow: [['true: decides and traces, calls no action', { when: 'a', shadow: true }, [on, '1h'], []]],
};

describe.each(Object.entries(tables))('%s', (_, rows) => {
  test.each(rows)('%s', async (_claim, rule, script, calls) => {
    await world.start(rule.escalate ? rule : { then: act, ...rule });
    await world.play(script);
    expect(world.calls).toEqual(calls);
  });
});

test('the steps know for how long and since when the condition holds', async () => {
  world.set('a', true);
  const input = { for: '${{ string(rule.heldFor) }}', since: '${{ string(rule.since) }}' };
  await world.start({ when: 'a', for: '10m', then: [{ do: 'act', with: input }] });
  await world.pass('10m');
  expect(world.calls).toEqual(['10m act {"for":"10m","since":"2026-01-01T00:00:00.000Z"}']);
});

test('a rung that the mode refused fires as soon as one run has ended, though another goes on', async () => {
  const escalate = [
    { after: '1m', then: [{ wait: '5h' }] },
    { after: '2m', then: [{ wait: '10m' }] },
    { after: '3m', then: act },
  ];
  await world.start({ when: 'a', mode: 'parallel', max: 2, escalate });
  await world.play([on, '1h']);
  expect(world.calls).toEqual(['12m act']);
});

test('status says for how long the condition holds, why it waits, and what blocks it', async () => {
  await world.start({ when: 'a', for: '10m', limit: { cooldown: '1h' }, then: act });
  expect(world.status()).toMatchObject({ state: 'paused', detail: expect.stringContaining('not set') });
  await world.play([{ a: false }]);
  expect(world.status()).toMatchObject({ state: 'idle' });
  await world.play([{ a: true }, '4m']);
  expect(world.status()).toMatchObject({ state: 'holding', detail: 'the condition holds for 4m of 10m', since: 0 });
  await world.play(['6m', { a: false }, { a: true }, '10m']);
  expect(world.status()).toMatchObject({ state: 'limited', runs: 1, refusals: { cooldown: 1 } });
});
