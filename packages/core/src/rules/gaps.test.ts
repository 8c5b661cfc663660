import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Notation } from './rule-notation.fixture.js';
import { World, type Script } from './world.fixture.js';

/** What a rule does when the process stands still; time that nobody watched is proof of nothing. */

let world: World;
beforeEach(() => {
  world = new World();
  world.set('a', false);
  world.set('b', false);
});
afterEach(() => world.close());

async function callsOf(rule: Notation, script: Script): Promise<readonly string[]> {
  await world.start(rule);
  await world.play(script);
  return world.calls;
}

const act = [{ do: 'act' }];
const door = { custom: { event: 'door' } };
/** True for 5 s, then the process stands still for 25 s. */
const frozenAt5s = [{ a: true }, '5s', 'freeze', '25s'];

describe('a level', () => {
  test.each<[string, Notation, Script, readonly string[]]>([
    [
      'that became false while the process stood still does not fire when it goes on',
      { when: 'a', for: '20s', then: act },
      [{ a: true }, '5s', 'freeze', '3s', { a: false }, '22s', 'thaw', '5m'],
      [],
    ],
    [
      'that is still true counts on from what was watched',
      { when: 'a', for: '20s', then: act },
      [...frozenAt5s, 'thaw', '5m'],
      ['45s act'],
    ],
    [
      'that was false for a moment meanwhile starts anew',
      { when: 'a', for: '20s', then: act },
      [{ a: true }, '5s', 'freeze', '3s', { a: false }, '1s', { a: true }, '21s', 'thaw', '5m'],
      ['50s act'],
    ],
    [
      'starts anew after a gap of a minute',
      { when: 'a', for: '20s', then: act },
      [{ a: true }, '15s', 'freeze', '1m', 'thaw', '5m'],
      ['1m35s act'],
    ],
    [
      'goes on after a gap of a minute with on-gap: resume',
      { when: 'a', for: '20s', 'on-gap': 'resume', then: act },
      [{ a: true }, '15s', 'freeze', '1m', 'thaw', '5m'],
      ['1m20s act'],
    ],
    [
      'starts anew after any gap with on-gap: restart',
      { when: 'a', for: '20s', 'on-gap': 'restart', then: act },
      [...frozenAt5s, 'thaw', '5m'],
      ['50s act'],
    ],
    [
      'fires after a gap with on-gap: fire',
      { when: 'a', for: '20s', 'on-gap': 'fire', then: act },
      [...frozenAt5s, 'thaw', '5m'],
      ['30s act'],
    ],
    [
      'with on-gap: fire does not fire when it is false now',
      { when: 'a', for: '20s', 'on-gap': 'fire', then: act },
      [{ a: true }, '5s', 'freeze', '3s', { a: false }, '22s', 'thaw', '5m'],
      [],
    ],
    [
      'without for does not fire on a moment that is over',
      { when: 'a', then: act },
      ['freeze', '3s', { a: true }, '3s', { a: false }, '3s', 'thaw', '5m'],
      [],
    ],
    [
      'of a stream that was lost does not fire on what was so for a moment',
      { when: 'a', then: act },
      [{ a: 'lost' }, '1s', 'freeze', '1s', { a: true }, '1s', { a: false }, '1s', 'thaw', '5m'],
      [],
    ],
    [
      'leaves the gap out of its rungs',
      {
        when: 'a',
        escalate: [10, 20].map((after) => ({ after: `${after}s`, then: [{ do: 'act', with: { after } }] })),
      },
      [...frozenAt5s, 'thaw', '5m'],
      ['35s act {"after":10}', '45s act {"after":20}'],
    ],
    [
      'fires no rung that was due when it is false now',
      { when: 'a', escalate: [10, 20].map((after) => ({ after: `${after}s`, then: act })) },
      [{ a: true }, '5s', 'freeze', '3s', { a: false }, '22s', 'thaw', '5m'],
      [],
    ],
    [
      'leaves the gap out of reset-after: the episode is not over, and does not fire again',
      { when: 'a', 'reset-after': '20s', then: act },
      [{ a: true }, '1s', { a: false }, '5s', 'freeze', '25s', 'thaw', '10s', { a: true }, '5m'],
      ['0s act'],
    ],
    [
      'ends its episode when reset-after has passed without the gap',
      { when: 'a', 'reset-after': '20s', then: act },
      [{ a: true }, '1s', { a: false }, '5s', 'freeze', '25s', 'thaw', '16s', { a: true }, '5m'],
      ['0s act', '47s act'],
    ],
    [
      'asks its if again',
      { when: 'a', for: '20s', if: '!b', then: act },
      [{ a: true }, '5s', 'freeze', '3s', { b: true }, '22s', 'thaw', '5m'],
      [],
    ],
    [
      'holds its reboot to the same',
      { when: 'a', for: '20s', then: [{ do: 'reboot' }] },
      [{ a: true }, '5s', 'freeze', '3s', { a: false }, '22s', 'thaw', '5m'],
      [],
    ],
    [
      'that a former gap interrupted counts on over a second one',
      { when: 'a', for: '20s', then: act },
      [{ a: true }, '5s', 'freeze', '10s', 'thaw', '5s', 'freeze', '10s', 'thaw', '5m'],
      ['40s act'],
    ],
  ])('%s', async (_, rule, script, calls) => {
    expect(await callsOf(rule, script)).toEqual(calls);
  });

  test('that is lost, because it cannot be read again, does not fire', async () => {
    await world.start({ when: 'a', for: '20s', then: act });
    await world.play([{ a: true }, '5s', 'freeze', '20s']);
    world.lose('a');
    await world.play(['thaw', '5m']);
    expect(world.calls).toEqual([]);
    expect(world.status()).toMatchObject({ state: 'paused' });
  });
});

describe('events', () => {
  test.each<[string, Notation, Script, readonly string[]]>([
    [
      'that waited end a silence, which is no absence then',
      { on: [{ absence: { of: door, within: '20s' } }], then: act },
      ['5s', 'freeze', '3s', 'door', '22s', 'thaw', '19s', 'door', '5s'],
      [],
    ],
    [
      'that did not come: the gap counts for no absence',
      { on: [{ absence: { of: door, within: '20s' } }], then: act },
      ['5s', 'freeze', '25s', 'thaw', '5m'],
      ['45s act'],
    ],
    [
      'of a long gap: a silence begins anew',
      { on: [{ absence: { of: door, within: '20s' } }], then: act },
      ['15s', 'freeze', '1m', 'thaw', '5m'],
      ['1m35s act'],
    ],
    [
      'that waited begin the pause of a debounce again',
      { on: [{ ...door, debounce: '20s' }], then: [{ do: 'act', with: { id: '${{ event.data.id }}' } }] },
      ['door 1', '5s', 'freeze', '3s', 'door 2', '22s', 'thaw', '5m'],
      ['50s act {"id":2}'],
    ],
    [
      'that a debounce holds wait for what was left of its pause',
      { on: [{ ...door, debounce: '20s' }], then: act },
      ['door', '5s', 'freeze', '25s', 'thaw', '5m'],
      ['45s act'],
    ],
    [
      'that waited together are no flood: they may have come far apart',
      { on: [{ count: { of: door, n: 3, within: '10s' } }], then: act },
      ['freeze', '7s', 'door', '7s', 'door', '7s', 'door', 'thaw', '5m'],
      [],
    ],
    [
      'that waited count where the window is longer than the gap',
      { on: [{ count: { of: door, n: 3, within: '1m' } }], then: act },
      ['door', 'freeze', '7s', 'door', '7s', 'door', '7s', 'thaw', '5m'],
      ['21s act'],
    ],
    [
      'before and after a gap count by the time between them',
      { on: [{ count: { of: door, n: 2, within: '10s' } }], then: act },
      ['door', '4s', 'freeze', '22s', 'thaw', '1s', 'door', '5m'],
      [],
    ],
    [
      'of a sequence may have come further apart than they are read',
      { on: [{ sequence: { of: [door, { custom: { event: 'bell' } }], within: '10s' } }], then: act },
      ['freeze', '1s', 'door', '19s', 'bell', '1s', 'thaw', '5m'],
      [],
    ],
    [
      'of a set may have come further apart than they are read',
      { on: [{ all: { of: [door, { custom: { event: 'bell' } }], within: '10s' } }], then: act },
      ['freeze', '1s', 'bell', '19s', 'door', '1s', 'thaw', '5m'],
      [],
    ],
    [
      'are decided on readings of now, not on those from before the gap',
      { on: [door], if: 'a', then: act },
      [{ a: true }, '5s', 'freeze', '3s', 'door', '3s', { a: false }, '3s', 'thaw', '5m'],
      [],
    ],
    [
      'are filtered on readings of now',
      { on: [{ ...door, where: 'a' }], then: act },
      ['5s', 'freeze', '3s', 'door', '3s', { a: true }, '3s', 'thaw', '5m'],
      ['14s act'],
    ],
  ])('%s', async (_, rule, script, calls) => {
    expect(await callsOf(rule, script)).toEqual(calls);
  });
});

describe('a run', () => {
  test.each<[string, Notation, Script, readonly string[]]>([
    [
      'whose wait ended in the gap goes on with readings of now',
      { on: [door], then: [{ wait: '20s' }, { do: 'reboot', if: 'a' }, { do: 'act' }] },
      [{ a: true }, 'door', '5s', 'freeze', '3s', { a: false }, '22s', 'thaw', '5m'],
      ['30s act'],
    ],
    [
      'that waits for a condition sees it, although its time was over in the gap',
      { on: [door], then: [{ wait: { until: 'a' }, timeout: '20s' }, { do: 'act' }], catch: [{ do: 'other' }] },
      ['door', '5s', 'freeze', '3s', { a: true }, '22s', 'thaw', '5m'],
      ['30s act'],
    ],
    [
      'repeats by readings of now',
      { on: [door], then: [{ repeat: { while: 'a', then: [{ do: 'act' }, { wait: '10s' }] } }] },
      [{ a: true }, 'door', '5s', 'freeze', '3s', { a: false }, '22s', 'thaw', '5m'],
      ['0s act'],
    ],
  ])('%s', async (_, rule, script, calls) => {
    expect(await callsOf(rule, script)).toEqual(calls);
  });
});

test('a hold is neither taken nor released on what was read before the gap', async () => {
  await world.start({ while: 'a', hold: { do: 'keep' } });
  await world.play(['freeze', '1s', { a: true }, '1s', { a: false }, '1s', 'thaw', '1m']);
  expect(world.calls).toEqual([]);
});

test('a gap is logged once, with its length', async () => {
  await world.start({ when: 'a', for: '20s', then: act });
  await world.play(['freeze', '25s', 'thaw', '5m']);
  const lines = world.log.lines.filter(({ message }) => message.includes('stood still'));
  expect(lines).toEqual([expect.objectContaining({ level: 'warn', message: expect.stringContaining('25s') })]);
});

test.each<[string, string, Script, readonly string[]]>([
  ['an unchanged rule that became false does not fire', '1m', [{ a: false }, '22s'], []],
  ['a changed rule that became false does not fire', '30s', [{ a: false }, '22s'], []],
  ['an unchanged rule that is still true counts on without the gap', '1m', ['22s'], ['1m22s act']],
  ['a changed rule that is still true counts from the end of the gap', '30s', ['22s'], ['1m42s act']],
])('after a gap in the middle of a reload, %s', async (_, changedFor, meanwhile, calls) => {
  const rules = (time: string): Notation[] => [
    ...Array.from({ length: 20 }, () => ({ when: 'b', for: '1h', then: act })),
    { when: 'a', for: time, then: act },
  ];
  await world.start(...rules('1m'));
  await world.play([{ a: true }, '50s']);
  const reloading = world.reload(...rules(changedFor));
  await world.play(['freeze', ...meanwhile, 'thaw']);
  await reloading;
  await world.play(['5m']);
  expect(world.calls).toEqual(calls);
});
