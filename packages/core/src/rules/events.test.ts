import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Notation } from './rule-notation.fixture.js';
import { World, type Script } from './world.fixture.js';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const act = [{ do: 'act' }];
const tell = [{ do: 'act', with: { id: '${{ event.data.id }}' } }];
const door = { custom: { event: 'door' } };
const window = { custom: { event: 'window' } };
const key = 'string(event.data.id)';

type Row = readonly [claim: string, rule: Notation, script: Script, calls: readonly string[]];

const tables: Readonly<Record<string, readonly Row[]>> = {
  on: [
    [
      'fires on each event that its match fields equal',
      { on: [door] },
      ['door', '1s', 'window', '1s', 'door'],
      ['0s act', '2s act'],
    ],
    [
      'fires on any of its entries',
      { on: [door, window] },
      ['door', '1s', 'window', '1s', 'other'],
      ['0s act', '1s act'],
    ],
    ['hands the event to the steps', { on: [door], then: tell }, ['door 7'], ['0s act {"id":7}']],
  ],
  where: [
    [
      'lets only events through for which it is true',
      { on: [{ ...door, where: 'event.data.id > 5.0' }], then: tell },
      ['door 5', 'door 6'],
      ['0s act {"id":6}'],
    ],
  ],
  if: [
    [
      'drops the event when it is false',
      { on: [door], if: 'event.data.id == 1.0', then: tell },
      ['door 2', 'door 1'],
      ['0s act {"id":1}'],
    ],
  ],
  debounce: [
    [
      'fires with the last event after the pause',
      { on: [{ ...door, debounce: '10s' }], then: tell },
      ['door 1', '9s', 'door 2', '20s'],
      ['19s act {"id":2}'],
    ],
    [
      'of more than a day outlasts what comes for other keys meanwhile',
      { on: [{ ...door, debounce: '48h' }], key, then: tell },
      ['door 1', '25h', 'door 2', '24h'],
      ['2d act {"id":1}'],
    ],
    [
      'is kept for each key',
      { on: [{ ...door, debounce: '10s' }], key, then: tell },
      ['door 1', '5s', 'door 2', '20s'],
      ['10s act {"id":1}', '15s act {"id":2}'],
    ],
  ],
  throttle: [
    [
      'drops what follows within the pause',
      { on: [{ ...door, throttle: '10s' }], then: tell },
      ['door 1', '9s', 'door 2', '1s', 'door 3'],
      ['0s act {"id":1}', '10s act {"id":3}'],
    ],
    [
      'is kept for each key',
      { on: [{ ...door, throttle: '10s' }], key, then: tell },
      ['door 1', 'door 2', 'door 1'],
      ['0s act {"id":1}', '0s act {"id":2}'],
    ],
    [
      'of more than a day outlasts what comes for other keys meanwhile',
      { on: [{ ...door, throttle: '48h' }], key, then: tell },
      ['door 1', '25h', 'door 2', 'door 1'],
      ['0s act {"id":1}', '1d1h act {"id":2}'],
    ],
  ],
  count: [
    [
      'of more than a day outlasts what comes for other keys meanwhile',
      { on: [{ count: { of: door, n: 2, within: '48h' } }], key, then: tell },
      ['door 1', '25h', 'door 2', 'door 1'],
      ['1d1h act {"id":1}'],
    ],
    [
      'fires on the event that completes n',
      { on: [{ count: { of: door, n: 3, within: '1m' } }] },
      ['door', '1s', 'door', '1s', 'door'],
      ['2s act'],
    ],
    [
      'starts empty after it fired',
      { on: [{ count: { of: door, n: 2, within: '1m' } }] },
      ['door', '1s', 'door', '1s', 'door', '1s', 'door'],
      ['1s act', '3s act'],
    ],
    [
      'forgets what is older than the window',
      { on: [{ count: { of: door, n: 3, within: '10s' } }] },
      ['door', '6s', 'door', '6s', 'door', '1s', 'door'],
      ['13s act'],
    ],
    [
      'counts for each key',
      { on: [{ count: { of: door, n: 2, within: '1m' } }], key, then: tell },
      ['door 1', 'door 2', '1s', 'door 2'],
      ['1s act {"id":2}'],
    ],
  ],
  all: [
    [
      'of more than a day outlasts what comes for other keys meanwhile',
      { on: [{ all: { of: [door, window], within: '48h' } }], key, then: tell },
      ['door 1', '25h', 'door 2', 'window 1'],
      ['1d1h act {"id":1}'],
    ],
    [
      'fires when each has come, in any order',
      { on: [{ all: { of: [door, window], within: '10s' } }] },
      ['window', '5s', 'door'],
      ['5s act'],
    ],
    [
      'does not fire when they lie too far apart',
      { on: [{ all: { of: [door, window], within: '10s' } }] },
      ['window', '11s', 'door'],
      [],
    ],
    [
      'takes the latest of each',
      { on: [{ all: { of: [door, window], within: '10s' } }] },
      ['window', '8s', 'window', '8s', 'door'],
      ['16s act'],
    ],
  ],
  sequence: [
    [
      'of more than a day outlasts what comes for other keys meanwhile',
      { on: [{ sequence: { of: [door, window], within: '48h' } }], key, then: tell },
      ['door 1', '25h', 'door 2', 'window 1'],
      ['1d1h act {"id":1}'],
    ],
    [
      'fires when they come in order',
      { on: [{ sequence: { of: [door, window], within: '10s' } }] },
      ['door', '5s', 'window'],
      ['5s act'],
    ],
    [
      'does not fire in another order',
      { on: [{ sequence: { of: [door, window], within: '10s' } }] },
      ['window', '5s', 'door'],
      [],
    ],
    [
      'does not fire when it takes too long',
      { on: [{ sequence: { of: [door, window], within: '10s' } }] },
      ['door', '11s', 'window'],
      [],
    ],
    [
      'counts from the latest start',
      { on: [{ sequence: { of: [door, window], within: '10s' } }] },
      ['door', '8s', 'door', '8s', 'window'],
      ['16s act'],
    ],
    [
      'takes one step for each event',
      { on: [{ sequence: { of: [door, door, door], within: '10s' } }] },
      ['door', '1s', 'door', '1s', 'door'],
      ['2s act'],
    ],
  ],
  absence: [
    [
      'of more than a day outlasts what comes for other keys meanwhile',
      { on: [{ absence: { of: door, within: '48h' } }], key, then: tell },
      ['door 1', '25h', 'door 2', '24h'],
      ['2d act {"id":1}'],
    ],
    ['fires when nothing came since the start', { on: [{ absence: { of: door, within: '1m' } }] }, ['5m'], ['1m act']],
    [
      'counts from the last event',
      { on: [{ absence: { of: door, within: '1m' } }] },
      ['50s', 'door', '5m'],
      ['1m50s act'],
    ],
    [
      'fires once for each silence',
      { on: [{ absence: { of: door, within: '1m' } }] },
      ['5m', 'door', '5m'],
      ['1m act', '6m act'],
    ],
    [
      'with a key counts from the first event of each',
      { on: [{ absence: { of: door, within: '1m' } }], key, then: tell },
      ['1m', 'door 4', '5m'],
      ['2m act {"id":4}'],
    ],
  ],
};

describe.each(Object.entries(tables))('%s', (_, rows) => {
  test.each(rows)('%s', async (_claim, rule, script, calls) => {
    world.answer('act', { output: 'done' });
    await world.start({ then: act, ...rule });
    await world.play(script);
    expect(world.calls).toEqual(calls);
  });
});
