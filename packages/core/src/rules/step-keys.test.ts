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
const onDoor = { on: [{ custom: { event: 'door' } }] };
const on = { a: true };
const off = { a: false };
const code = { do: 'other', with: { code: '${{ error.code }}' } };
const fails: readonly Answer[] = [{ fail: 'no' }];

interface Expected {
  readonly calls: readonly string[];
  readonly emitted?: readonly unknown[];
  readonly outcome?: string;
}
type Row = readonly [claim: string, rule: Notation, script: Script, expected: Expected, answers?: readonly Answer[]];

const tables: Readonly<Record<string, readonly Row[]>> = {
  do: [['calls the action', { ...onDoor, then: [act] }, ['door'], { calls: ['0s act'], outcome: 'succeeded' }]],
  with: [
    [
      'is the input, its templates read when the step is reached',
      { ...onDoor, then: [{ wait: '5s' }, { do: 'act', with: { deep: { id: '${{ event.data.id }}', fixed: 'x' } } }] },
      ['door 4', '5s'],
      { calls: ['5s act {"deep":{"id":4,"fixed":"x"}}'] },
    ],
  ],
  'retry.attempts': [
    [
      'counts the first one too',
      { ...onDoor, then: [{ ...act, retry: { attempts: 2, delay: '1s' } }] },
      ['door', '1h'],
      { calls: ['0s act', '1s act'], outcome: 'failed' },
      fails,
    ],
  ],
  'retry.delay': [
    [
      'is the first pause',
      { ...onDoor, then: [{ ...act, retry: { attempts: 2, delay: '7s' } }] },
      ['door', '1h'],
      { calls: ['0s act', '7s act'] },
      fails,
    ],
  ],
  'retry.factor': [
    [
      '1 keeps the pause as it is',
      { ...onDoor, then: [{ ...act, retry: { attempts: 4, delay: '5s', factor: 1 } }] },
      ['door', '1h'],
      { calls: ['0s act', '5s act', '10s act', '15s act'] },
      fails,
    ],
    [
      'doubles by default',
      { ...onDoor, then: [{ ...act, retry: { attempts: 4, delay: '1s' } }] },
      ['door', '1h'],
      { calls: ['0s act', '1s act', '3s act', '7s act'] },
      fails,
    ],
  ],
  'retry.max-delay': [
    [
      'bounds the pause',
      { ...onDoor, then: [{ ...act, retry: { attempts: 5, delay: '1s', 'max-delay': '3s' } }] },
      ['door', '1h'],
      { calls: ['0s act', '1s act', '3s act', '6s act', '9s act'] },
      fails,
    ],
  ],
  'repeat.times': [
    [
      '0 does nothing',
      { ...onDoor, then: [{ repeat: { times: 0, then: [act] } }, other] },
      ['door'],
      { calls: ['0s other'] },
    ],
    [
      'may be computed',
      { ...onDoor, then: [{ repeat: { times: '${{ event.data.id }}', then: [act] } }] },
      ['door 2'],
      { calls: ['0s act', '0s act'] },
    ],
  ],
  'repeat.while': [
    [
      'is read before each round, the first too',
      { ...onDoor, then: [{ repeat: { while: 'a', then: [act, { wait: '10s' }] } }] },
      [off, 'door', on, 'door', '15s', off, '1m'],
      { calls: ['0s act', '10s act'] },
    ],
  ],
  'repeat.until': [
    [
      'is read after each round, so that there is one at least',
      { ...onDoor, then: [{ repeat: { until: 'a', then: [act] } }] },
      [on, 'door'],
      { calls: ['0s act'] },
    ],
  ],
  'repeat.then': [
    [
      'a failure in a round ends the repeat',
      { ...onDoor, then: [{ repeat: { times: 3, then: [act] } }] },
      ['door'],
      { calls: ['0s act'], outcome: 'failed' },
      fails,
    ],
  ],
  'repeat.max': [
    [
      'is 100 by default',
      { ...onDoor, then: [{ repeat: { while: 'a', then: [{ wait: '1s' }] } }], catch: [code] },
      [on, 'door', '1h'],
      { calls: ['1m40s other {"code":"REPEAT_EXCEEDED"}'], outcome: 'failed' },
    ],
  ],
  'wait.for': [
    ['waits for the time', { ...onDoor, then: [{ wait: '10s' }, act] }, ['door', '1m'], { calls: ['10s act'] }],
  ],
  'wait.until': [
    [
      'goes on at once when it is true already',
      { ...onDoor, then: [{ wait: { until: 'a' } }, act] },
      [on, 'door'],
      { calls: ['0s act'] },
    ],
    [
      'waits through a lost stream',
      { ...onDoor, then: [{ wait: { until: 'a' } }, act] },
      ['door', '1h', on],
      { calls: ['1h act'] },
    ],
  ],
  'wait.timeout': [
    [
      'fails the step when the condition does not come true',
      { ...onDoor, then: [{ wait: { until: 'a' }, timeout: '10s' }, act], catch: [code] },
      [off, 'door', '1m'],
      { calls: ['10s other {"code":"WAIT_TIMEOUT"}'], outcome: 'failed' },
    ],
  ],
  'stop.reason': [
    [
      'is what catch reads as the message',
      {
        ...onDoor,
        then: [{ stop: { reason: 'door ${{ event.data.id }}', failed: true } }, act],
        catch: [{ do: 'other', with: { message: '${{ error.message }}' } }],
      },
      ['door 3'],
      { calls: ['0s other {"message":"door 3"}'], outcome: 'failed' },
    ],
  ],
  'stop.failed': [
    [
      'false ends the run without catch',
      { ...onDoor, then: [{ stop: { reason: 'enough', failed: false } }], catch: [code], finally: [act] },
      ['door'],
      { calls: ['0s act'], outcome: 'stopped' },
    ],
  ],
  emit: [
    [
      'goes on without waiting for those who listen',
      { ...onDoor, then: [{ emit: { event: 'rang', data: {} } }, act] },
      ['door'],
      { calls: ['0s act'], emitted: [{ event: 'rang', data: {} }] },
    ],
  ],
  'emit.event': [
    [
      'may be computed',
      { ...onDoor, then: [{ emit: { event: 'door-${{ event.data.id }}', data: {} } }] },
      ['door 3'],
      { calls: [], emitted: [{ event: 'door-3', data: {} }] },
    ],
  ],
  'emit.data': [
    [
      'keeps types',
      { ...onDoor, then: [{ emit: { event: 'rang', data: { id: '${{ event.data.id }}' } } }] },
      ['door 3'],
      { calls: [], emitted: [{ event: 'rang', data: { id: 3 } }] },
    ],
  ],
};

describe.each(Object.entries(tables))('%s', (_, rows) => {
  test.each(rows)('%s', async (_claim, rule, script, expected, answers = [{ output: 'done' }]) => {
    world.answer('act', ...answers);
    await world.start(rule);
    await world.play(script);
    expect(world.calls).toEqual(expected.calls);
    if (expected.emitted) expect(world.emitted).toEqual(expected.emitted);
    if (expected.outcome) expect(world.trace).toMatchObject({ outcome: expected.outcome });
  });
});
