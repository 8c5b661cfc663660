import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Notation } from './rule-notation.fixture.js';
import { World, type Answer } from './world.fixture.js';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const act = { do: 'act' };
const other = { do: 'other' };
const noted = { do: 'other', with: { code: '${{ error.code }}', step: '${{ error.step }}' } };

interface Expected {
  readonly calls: readonly string[];
  readonly outcome: string;
}
type Row = readonly [claim: string, rule: Notation, answers: readonly Answer[], expected: Expected];

const tables: Readonly<Record<string, readonly Row[]>> = {
  then: [
    [
      'does one step after the other',
      { then: [act, { wait: '5s' }, other] },
      [],
      { calls: ['0s act', '5s other'], outcome: 'succeeded' },
    ],
    ['ends at the first failure', { then: [act, other] }, [{ fail: 'no' }], { calls: ['0s act'], outcome: 'failed' }],
  ],
  as: [
    [
      'names the output for later steps',
      {
        then: [
          { ...act, as: 'out' },
          { do: 'other', with: { n: '${{ out.n }}' } },
        ],
      },
      [{ output: { n: 4 } }],
      { calls: ['0s act', '0s other {"n":4}'], outcome: 'succeeded' },
    ],
  ],
  'if of a step': [
    ['false skips it', { then: [{ ...act, if: '!a' }, other] }, [], { calls: ['0s other'], outcome: 'succeeded' }],
    [
      'that fails to evaluate fails the step',
      { then: [{ ...act, if: 'a.missing.field == 1.0' }, other] },
      [],
      { calls: [], outcome: 'failed' },
    ],
    [
      'that is neither true nor false fails the step',
      { then: [{ ...act, if: 'rule.name' }], catch: [noted] },
      [],
      { calls: ['0s other {"code":"CONDITION_NOT_BOOLEAN","step":"then[0]"}'], outcome: 'failed' },
    ],
  ],
  'on-error': [
    [
      'continue goes on after a failure',
      { then: [{ ...act, 'on-error': 'continue' }, other] },
      [{ fail: 'no' }],
      { calls: ['0s act', '0s other'], outcome: 'succeeded' },
    ],
  ],
  retry: [
    [
      'attempts counts all of them; the pause grows by factor',
      { then: [{ ...act, retry: { attempts: 3, delay: '1s', factor: 3 } }] },
      [{ fail: '1' }, { fail: '2' }, {}],
      { calls: ['0s act', '1s act', '4s act'], outcome: 'succeeded' },
    ],
    [
      'fails with the last attempt',
      { then: [{ ...act, retry: { attempts: 2, delay: '1s' } }, other] },
      [{ fail: 'no' }],
      { calls: ['0s act', '1s act'], outcome: 'failed' },
    ],
  ],
  'timeout of a step': [
    [
      'fails an action that takes longer',
      { then: [{ ...act, timeout: '10s' }, other], catch: [noted] },
      [{ never: true }],
      { calls: ['0s act', '10s other {"code":"ACTION_TIMEOUT","step":"then[0]"}'], outcome: 'failed' },
    ],
    [
      'bounds a repeat as a whole',
      { then: [{ repeat: { times: 9, then: [{ wait: '4s' }, act] }, timeout: '10s' }], catch: [noted] },
      [],
      {
        calls: ['4s act', '8s act', '10s other {"code":"STEP_TIMEOUT","step":"then[0]"}'],
        outcome: 'failed',
      },
    ],
  ],
  'timeout of a rule': [
    [
      'ends the run; catch and finally follow',
      { timeout: '1m', then: [{ wait: '1h' }, act], catch: [noted], finally: [act] },
      [],
      { calls: ['1m other {"code":"RUN_TIMEOUT","step":""}', '1m act'], outcome: 'timed-out' },
    ],
  ],
  wait: [
    [
      'until: goes on when it is true',
      { then: [{ wait: { until: 'b' } }, act] },
      [],
      { calls: ['30s act'], outcome: 'succeeded' },
    ],
    [
      'until with timeout: fails when it does not come true',
      { then: [{ wait: { until: 'b' }, timeout: '10s' }, act], catch: [noted] },
      [],
      { calls: ['10s other {"code":"WAIT_TIMEOUT","step":"then[0]"}'], outcome: 'failed' },
    ],
    [
      'for a computed duration',
      { then: [{ wait: "${{ duration('7s') }}" }, act] },
      [],
      { calls: ['7s act'], outcome: 'succeeded' },
    ],
    [
      'for what is no duration: fails',
      { then: [{ wait: '${{ 7 }}' }, act], catch: [noted] },
      [],
      { calls: ['0s other {"code":"WAIT_DURATION_INVALID","step":"then[0]"}'], outcome: 'failed' },
    ],
  ],
  repeat: [
    [
      'times, with the index from 0',
      { then: [{ repeat: { times: 3, then: [{ do: 'act', with: { i: '${{ repeat.index }}' } }] } }] },
      [],
      { calls: ['0s act {"i":0}', '0s act {"i":1}', '0s act {"i":2}'], outcome: 'succeeded' },
    ],
    ...['-1', '1.5', "'3'"].map((times): Row => [
      `times of ${times}: fails`,
      { then: [{ repeat: { times: `\${{ ${times} }}`, then: [act] } }], catch: [noted] },
      [],
      { calls: ['0s other {"code":"REPEAT_TIMES_INVALID","step":"then[0]"}'], outcome: 'failed' },
    ]),
    [
      'until: asks after each round',
      { then: [{ repeat: { until: 'b', then: [act, { wait: '20s' }] } }] },
      [],
      { calls: ['0s act', '20s act'], outcome: 'succeeded' },
    ],
    [
      'while: asks before each round',
      { then: [{ repeat: { while: '!b', then: [act, { wait: '20s' }] } }] },
      [],
      { calls: ['0s act', '20s act'], outcome: 'succeeded' },
    ],
    [
      'fails when it wants more rounds than max',
      { then: [{ repeat: { while: 'a', max: 2, then: [act] } }], catch: [noted] },
      [],
      { calls: ['0s act', '0s act', '0s other {"code":"REPEAT_EXCEEDED","step":"then[0]"}'], outcome: 'failed' },
    ],
  ],
  choose: [
    [
      'takes the first branch that is true',
      { then: [{ choose: [{ if: '!a', then: [other] }, { if: 'a', then: [act] }, { else: [other] }] }] },
      [],
      { calls: ['0s act'], outcome: 'succeeded' },
    ],
    [
      'takes else when none is',
      { then: [{ choose: [{ if: '!a', then: [other] }, { else: [act] }] }] },
      [],
      { calls: ['0s act'], outcome: 'succeeded' },
    ],
  ],
  parallel: [
    [
      'does the branches at the same time and waits for all',
      {
        then: [
          {
            parallel: [
              [{ wait: '5s' }, act],
              [{ wait: '3s' }, other],
            ],
          },
          act,
        ],
      },
      [],
      { calls: ['3s other', '5s act', '5s act'], outcome: 'succeeded' },
    ],
    [
      'the first failure aborts the others',
      { then: [{ parallel: [[act], [{ wait: '5s' }, other]] }], catch: [noted] },
      [{ after: '2s', fail: 'no' }],
      { calls: ['0s act', '2s other {"code":"ACTION_FAILED","step":"then[0].parallel[0][0]"}'], outcome: 'failed' },
    ],
  ],
  stop: [
    ['ends the run on purpose', { then: [{ stop: 'enough' }, act] }, [], { calls: [], outcome: 'stopped' }],
    [
      'failed: true counts as a failure',
      { then: [{ stop: { reason: 'bad', failed: true } }, act], catch: [noted] },
      [],
      { calls: ['0s other {"code":"RUN_STOPPED","step":""}'], outcome: 'failed' },
    ],
    [
      'ends the run from within a branch',
      { then: [{ parallel: [[{ stop: 'enough' }], [{ wait: '5s' }, act]] }, act] },
      [],
      { calls: [], outcome: 'stopped' },
    ],
  ],
  catch: [
    [
      'is left out when nothing fails',
      { then: [act], catch: [other] },
      [],
      { calls: ['0s act'], outcome: 'succeeded' },
    ],
    [
      'knows code, message and place',
      { then: [act], catch: [{ do: 'other', with: { message: '${{ error.message }}', step: '${{ error.step }}' } }] },
      [{ fail: 'no such file' }],
      {
        calls: ['0s act', expect.stringMatching(/^0s other .*no such file.*"step":"then\[0\]"/) as unknown as string],
        outcome: 'failed',
      },
    ],
  ],
  finally: [
    [
      'comes after success',
      { then: [act], finally: [other] },
      [],
      { calls: ['0s act', '0s other'], outcome: 'succeeded' },
    ],
    [
      'comes after failure and catch',
      { then: [act], catch: [{ wait: '1s' }], finally: [other] },
      [{ fail: 'no' }],
      { calls: ['0s act', '1s other'], outcome: 'failed' },
    ],
    [
      'does each of its steps, also when one fails',
      { then: [other], finally: [act, other] },
      [{ fail: 'no' }],
      { calls: ['0s other', '0s act', '0s other'], outcome: 'succeeded' },
    ],
    [
      'is bounded to a minute',
      { then: [other], finally: [{ wait: '1h' }, act] },
      [],
      { calls: ['0s other'], outcome: 'succeeded' },
    ],
  ],
};

describe.each(Object.entries(tables))('%s', (_, rows) => {
  test.each(rows)('%s', async (_claim, rule, answers, { calls, outcome }) => {
    world.answer('act', ...(answers.length > 0 ? answers : [{}]));
    world.set('a', true);
    world.set('b', false);
    await world.start({ when: 'a', ...rule });
    await world.pass('30s');
    world.set('b', true);
    await world.pass('10m');
    expect(world.calls).toEqual(calls);
    expect(world.trace).toMatchObject({ rule: 'rule', outcome });
    expect(world.status()).toMatchObject({ runs: 1, lastOutcome: outcome });
  });
});

test('each round of a repeat is a call of its own, told apart by its key', async () => {
  const inner = { repeat: { times: 2, then: [act] } };
  world.set('a', true);
  await world.start({ when: 'a', then: [act, { repeat: { times: 2, then: [inner] } }] });
  const path = 'then[1].repeat[0].repeat[0]';
  expect(world.keys).toEqual(['then[0]', `${path}#0.0`, `${path}#0.1`, `${path}#1.0`, `${path}#1.1`]);
});
