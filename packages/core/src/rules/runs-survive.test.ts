import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeSurvival } from './survival.fixture.js';
import { World } from './world.fixture.js';

const act = [{ do: 'act' }];
const other = [{ do: 'other' }];
const door = { custom: { event: 'door' } };
const window = { custom: { event: 'window' } };
const on = { a: true };
const off = { a: false };
const waiting = (n: number) => ({ a: { on: false, n } });
const key = 'string(event.data.id)';
const tell = [{ do: 'act', with: { id: '${{ event.data.id }}' } }];

describeSurvival({
  wait: {
    'goes on after a restart with what is left of it': {
      rule: { on: [door], then: [...act, { wait: '10m' }, ...other], finally: [{ do: 'notify' }] },
      script: ['door', '4m', 'restart', '1h'],
      calls: ['0s act', '10m other', '10m notify'],
    },
    'goes on after a kill; the time until the next start counts': {
      rule: { on: [door], then: [...act, { wait: '10m' }, ...other] },
      script: ['door', '4m', 'kill 3m', '1h'],
      calls: ['0s act', '10m other'],
    },
    'that ended while no engine ran is over at the start': {
      rule: { on: [door], then: [{ wait: '10m' }, ...other] },
      script: ['door', '4m', 'kill 1h', '0s'],
      calls: ['1h4m other'],
    },
    'goes on in the next boot; the time without power does not count': {
      rule: { on: [door], then: [{ wait: '10m' }, ...other] },
      script: ['door', '4m', 'reboot 5m', '1h'],
      calls: ['15m other'],
    },
    'until looks again after a restart': {
      rule: { on: [door], then: [{ wait: { until: 'a' } }, ...act] },
      script: [off, 'door', '1m', 'restart', '1m', on],
      calls: ['2m act'],
    },
    'until looks again after a kill with what is left of its timeout': {
      rule: { on: [door], then: [{ wait: { until: 'a' }, timeout: '10m', 'on-error': 'continue' }, ...act] },
      script: [off, 'door', '4m', 'kill 3m', '1h'],
      calls: ['10m act'],
    },
    'until is not asked its if again, whatever it says now': {
      rule: { on: [door], then: [{ wait: { until: 'a.on' }, if: 'a.n > 1.0' }, ...act] },
      script: [
        waiting(2),
        'door',
        waiting(0),
        '1m',
        'restart',
        '1m',
        'kill',
        '1m',
        'restart',
        '1m',
        { a: { on: true } },
      ],
      calls: ['4m act'],
    },
    'until inside of a parallel is not asked the if of that again': {
      rule: {
        on: [door],
        then: [{ parallel: [[{ wait: { until: 'a.on' } }], [{ wait: { until: 'a.on' } }]], if: 'a.n > 1.0' }, ...act],
      },
      script: [waiting(2), 'door', waiting(0), '1m', 'restart', '1m', { a: { on: true } }],
      calls: ['2m act'],
    },
    'in a repeat goes on in its round': {
      rule: {
        on: [door],
        then: [
          { repeat: { times: 3, then: [{ do: 'act', with: { n: '${{ repeat.index }}' } }, { wait: '10m' }] } },
          ...other,
        ],
      },
      script: ['door', '15m', 'kill', '1h'],
      calls: ['0s act {"n":0}', '10m act {"n":1}', '20m act {"n":2}', '30m other'],
    },
    'in a choose goes on in its branch, whatever the condition says now': {
      rule: {
        on: [door],
        then: [
          {
            choose: [{ if: 'a', then: [{ wait: '10m' }, ...act] }, { else: other }],
          },
        ],
      },
      script: [on, 'door', '5m', off, 'kill', '1h'],
      calls: ['10m act'],
    },
    'in each branch of parallel goes on': {
      rule: {
        on: [door],
        then: [{ parallel: [[{ wait: '10m' }, ...act], [{ wait: '20m' }, ...other], [{ do: 'notify' }]] }],
      },
      script: ['door', '5m', 'kill', '7m', 'restart', '1h'],
      calls: ['0s notify', '10m act', '20m other'],
    },
    'is moved by no jump of the calendar': {
      rule: { on: [door], then: [{ wait: '10m' }, ...act] },
      script: ['door', '1m', 'clock 336', 'kill', 'clock -1', '1h'],
      calls: ['10m act'],
    },
    'counts towards the timeout of the rule, the time until the next start too': {
      rule: { on: [door], timeout: '10m', then: [{ wait: '1h' }, ...act], finally: other },
      script: ['door', '4m', 'kill 3m', '1h'],
      calls: ['10m other'],
    },
    'is over by the timeout of the rule when that passed while no engine ran': {
      rule: { on: [door], timeout: '10m', then: [{ wait: '20m' }, ...act], finally: other },
      script: ['door', '4m', 'kill 1h'],
      calls: ['1h4m other'],
    },
  },
  'an action at work': {
    'is aborted by an orderly stop, with finally, and not done again': {
      rule: { on: [door], then: [{ do: 'keep', timeout: '1d' }, ...act], finally: other },
      script: ['door', '1m', 'restart', '1h'],
      calls: ['0s keep', '1m other'],
    },
    'is not called again after a kill: the step fails, finally is done': {
      rule: { on: [door], then: [{ do: 'keep', timeout: '1d' }, ...act], finally: other },
      script: ['door', '1m', 'kill', '1h'],
      calls: ['0s keep', '1m other'],
    },
    'that a kill cut off is not called again although the next engine stops before it has looked': {
      rule: {
        on: [door],
        then: [
          { do: 'keep', timeout: '1d' },
          { do: 'act', if: 'a' },
        ],
        finally: other,
      },
      script: [on, 'door', '1m', { a: 'lost' }, 'kill', '2s', 'restart', on, '1h'],
      calls: ['0s keep', '1m2s other'],
    },
    'that a kill cut off goes to catch': {
      rule: {
        on: [door],
        then: [{ do: 'keep', timeout: '1d' }, { wait: '1s' }],
        catch: [{ do: 'act', with: { code: '${{ error.code }}', step: '${{ error.step }}' } }],
      },
      script: ['door', '1m', 'kill', '1h'],
      calls: ['0s keep', '1m act {"code":"RUN_INTERRUPTED","step":"then[0]"}'],
    },
    'that a kill cut off is passed over with on-error: continue': {
      rule: { on: [door], then: [{ do: 'keep', timeout: '1d', 'on-error': 'continue' }, { wait: '1s' }, ...act] },
      script: ['door', '1m', 'kill', '1h'],
      calls: ['0s keep', '1m1s act'],
    },
    'of effect notify is called again': {
      rule: { on: [door], then: [{ do: 'notify' }, ...act] },
      answers: { notify: [{ never: true }, {}] },
      script: ['door', '10s', 'kill', '1h'],
      calls: ['0s notify', '10s notify', '10s act'],
    },
    'that reboots is not called again in the same boot: the step fails': {
      rule: { on: [door], then: [{ do: 'reboot' }, ...act], catch: other },
      answers: { reboot: [{ never: true }] },
      script: ['door', '10s', 'kill', '1h'],
      calls: ['0s reboot', '10s other'],
    },
    'that reboots is not called in a later boot than the one its run began in: the run is over': {
      rule: { on: [door], then: [{ wait: '1h' }, { do: 'reboot' }, ...act], finally: other },
      script: ['door', '10m', 'reboot 1m', '2h'],
      calls: ['1h1m other'],
    },
    'that reboots has happened in the next boot: the run is over, finally is done': {
      rule: { on: [door], then: [{ do: 'reboot' }, ...act], finally: other },
      answers: { reboot: [{ never: true }] },
      script: ['door', '10s', 'power-cut 30s', '1h'],
      calls: ['0s reboot', '40s other'],
    },
  },
  'a run that waits for the first readings of its streams': {
    'calls its action once when a stop came before them and a kill after them': {
      rule: { on: [door], then: [{ do: 'act', with: { a: '${{ a }}' } }, { wait: '1m' }, ...other] },
      answers: { act: [{ after: '1m' }] },
      script: ['door', '1s', 'restart', '1s', on, '1s', 'kill', '5m'],
      calls: ['2s act {"a":true}'],
    },
    'calls its action after a kill: it was not at work': {
      rule: { on: [door], then: [{ do: 'act', if: 'a' }, { wait: '1m' }, ...other] },
      script: ['door', '1s', 'kill', '1s', on, '5m'],
      calls: ['2s act', '1m2s other'],
    },
    'notifies of nothing after a kill when its if says no': {
      rule: { on: [door], then: [{ do: 'notify', if: 'a' }, { wait: '1m' }, ...other] },
      script: ['door', '1s', 'kill', '1s', off, '5m'],
      calls: ['1m2s other'],
    },
  },
  finally: {
    'that waits for the first readings of its streams is done whole after a kill': {
      rule: { on: [door], until: [window], then: act, finally: [{ do: 'other', with: { a: '${{ a }}' } }, ...act] },
      script: [on, 'door', '1m', { a: 'lost' }, 'kill', '1s', 'window', '1s', 'kill', '1s', on, '1m'],
      calls: ['0s act', '1m3s other {"a":true}', '1m3s act'],
    },
    'that a kill cut off goes on with the step after the one at work': {
      rule: { on: [door], then: act, finally: [...other, { do: 'keep', timeout: '1d' }, { do: 'notify' }] },
      script: ['door', '30s', 'kill', '1h'],
      calls: ['0s act', '0s other', '0s keep', '30s notify'],
    },
    'of a run that a kill cut off is done in the next boot': {
      rule: { on: [door], then: [{ do: 'keep', timeout: '1d' }], finally: other },
      script: ['door', '1m', 'reboot 1m', '1h'],
      calls: ['0s keep', '1m other'],
    },
    'that has begun is finished by an orderly stop': {
      rule: { on: [door], until: [window], then: act, finally: [{ wait: '5s' }, ...other] },
      script: ['door', '1m', 'window', 'restart 1h', '1h'],
      calls: ['0s act', '1m5s other'],
    },
    'that waits when an orderly stop has no more time for it goes on at the next start': {
      rule: { on: [door], then: [{ do: 'keep', timeout: '1d' }], finally: [...act, { wait: '30s' }, ...other] },
      script: ['door', '1m', 'restart 10s', '1h'],
      calls: ['0s keep', '1m act', '1m30s other'],
    },
    'whose action an orderly stop has no more time for goes on with the step after it': {
      rule: { on: [door], then: act, finally: [{ do: 'keep', timeout: '1d' }, ...other] },
      script: ['door', '10s', 'restart', '1h'],
      calls: ['0s act', '0s keep', '16s other'],
    },
  },
  until: Object.fromEntries(
    ['restart', 'kill', 'reboot'].map((end) => [
      `ends a run that lasts since before a ${end}, and finally knows its outputs`,
      {
        rule: {
          on: [door],
          key,
          until: [window],
          then: [{ do: 'act', as: 'out' }],
          finally: [{ do: 'other', with: { was: '${{ out }}', id: '${{ trigger.data.id }}' } }],
        },
        answers: { act: [{ output: 'one' }, { output: 'two' }] },
        script: ['door 1', 'door 2', '1m', end, '1m', 'window 2', 'window 3', end, 'window 1', '1m', end, 'window 1'],
        calls: ['0s act', '0s act', '2m other {"was":"two","id":2}', '2m other {"was":"one","id":1}'],
      },
    ]),
  ),
  'mode queued': Object.fromEntries(
    ['restart', 'kill', 'reboot'].map((end) => [
      `does after a ${end} what waited before it`,
      {
        rule: { on: [door], mode: 'queued', max: 3, then: [...tell, { wait: '10m' }] },
        script: ['door 1', '1m', 'door 2', 'door 3', 'door 4', '1m', end, '1h'],
        calls: ['0s act {"id":1}', '10m act {"id":2}', '20m act {"id":3}'],
      },
    ]),
  ),
  'mode queued with rungs': {
    ...Object.fromEntries(
      ['restart', 'kill'].map((end) => [
        `does after a ${end} the one that waited, which fires only once in its episode`,
        {
          rule: {
            when: 'a',
            mode: 'queued',
            escalate: [
              { after: '1m', then: [{ do: 'keep', timeout: '1h' }] },
              { after: '2m', then: act },
            ],
          },
          script: [{ a: true }, '3m', end, '1h'],
          calls: ['1m keep', '3m act'],
        },
      ]),
    ),
    'leaves the one that waited to the boot in which its episode ended': {
      rule: {
        when: 'a',
        mode: 'queued',
        escalate: [
          { after: '1m', then: [{ wait: '5m' }] },
          { after: '2m', then: act },
        ],
      },
      script: [{ a: true }, '3m', 'reboot', { a: false }, '1h', 'restart', '1h'],
      calls: [],
    },
  },
  'mode queued with a reboot': {
    'takes a machine down only for what came in the same boot': {
      rule: {
        on: [door],
        mode: 'queued',
        limit: { runs: 20, per: '24h' },
        then: [...tell, { wait: '20s' }, { do: 'reboot' }],
        finally: other,
      },
      answers: { reboot: [{ never: true }] },
      script: ['door 1', '1s', 'door 2', '20s', 'reboot 30s', '1m', 'door 3', '1m'],
      calls: [
        '0s act {"id":1}',
        '20s reboot',
        '21s other',
        '51s act {"id":2}',
        '1m11s other',
        '1m51s act {"id":3}',
        '2m11s reboot',
      ],
    },
    'so too when what waited began its run before a kill in the later boot': {
      rule: {
        on: [door],
        mode: 'queued',
        limit: { runs: 20, per: '24h' },
        then: [{ wait: '20s' }, { do: 'reboot' }],
      },
      answers: { reboot: [{ never: true }] },
      script: ['door 1', '1s', 'door 2', '20s', 'reboot 30s', '5s', 'kill', '5s', 'restart', '1m'],
      calls: ['20s reboot'],
    },
  },
  'mode queued with until': Object.fromEntries(
    ['restart', 'kill', 'reboot'].map((end) => [
      `ends after a ${end} the run that lasts since before it, and does the next one`,
      {
        rule: { on: [door], mode: 'queued', max: 1, until: [window], then: act, finally: [{ do: 'other' }] },
        script: ['door', '1m', end, '1m', 'door', '1m', end, 'window'],
        calls: ['0s act', '2m other', '2m act', '3m other'],
      },
    ]),
  ),
});

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

test('a notification that a kill cut off comes again under the same idempotency key, one of another round does not', async () => {
  world.answer('notify', {}, { never: true }, {});
  await world.start({ on: [door], then: [{ repeat: { times: 2, then: [{ do: 'notify' }] } }] });
  await world.play(['door', '1s', 'kill', '1s']);
  const { id } = world.trace;
  expect(world.keys).toEqual(['then[0].repeat[0]#0', 'then[0].repeat[0]#1', 'then[0].repeat[0]#1']);
  expect([...world.traces.keys()]).toEqual([id]);
});

test.each([
  ['running', 'is unknown. Its program was still there, and was ended.'],
  ['remnants', 'is unknown. Its program was no longer there; what that one had started was, and was ended.'],
  ['gone', 'is unknown. Its program was no longer there.'],
  [undefined, 'is unknown.'],
] as const)('a run that a kill cut off says what became of its program: %s', async (fate, text) => {
  await world.start({ on: [door], then: [{ do: 'keep', timeout: '1d' }, { wait: '1s' }] });
  await world.play(['door', '1m']);
  world.programFate = fate;
  await world.play(['kill', '1s']);
  expect(world.trace.steps[0]).toMatchObject({
    outcome: 'failed',
    error: { message: expect.stringMatching(`${text}$`) },
  });
});

test('outputs and the trigger keep their types over a kill', async () => {
  const { Duration } = await import('../clock/duration.js');
  world.answer('act', { output: { since: new Date(0), uptime: Duration.parse('2h') } });
  const condition = "out.since == timestamp('1970-01-01T00:00:00Z') && out.uptime > duration('1h')";
  const rule = { on: [door], then: [{ do: 'act', as: 'out' }, { wait: '1m' }, { do: 'other', if: condition }] };
  await world.start(rule);
  await world.play(['door', '10s', 'kill', '1h']);
  expect(world.calls).toEqual(['0s act', '1m other']);
});

test('a parked run says so in its trace, and goes on under its id', async () => {
  await world.start({ on: [door], then: [{ wait: '10m' }, ...act], finally: other });
  await world.play(['door', '1m']);
  const { id } = world.trace;
  await world.stop();
  expect(world.traces.get(id)).toMatchObject({ outcome: 'parked', steps: [{ step: 'wait', outcome: 'running' }] });
  await world.play(['restart', '9m']);
  expect(world.traces.get(id)).toMatchObject({ outcome: 'succeeded', resumed: true });
});

test('status says for how long a wait, a for and a limit still last', async () => {
  await world.start(
    { on: [door], limit: { cooldown: '1h' }, then: [{ wait: '10m' }] },
    { when: 'a', for: '10m', then: act },
  );
  await world.play([on, 'door', '4m', 'kill']);
  expect(world.status()).toMatchObject({ state: 'running', waitingFor: [{ step: 'then[0]', endsIn: 360_000 }] });
  expect(world.status('rule1')).toMatchObject({ state: 'holding', heldFor: 240_000, firesIn: 360_000 });
  await world.play(['6m', 'door']);
  expect(world.status()).toMatchObject({ state: 'limited', allowedIn: 50 * 60_000 });
});

test.each(['catch', 'finally'])(
  'a reboot in %s that the next boot does not ask for again is no failure',
  async (part) => {
    world.answer('act', { fail: 'broken' });
    await world.start({ on: [door], then: act, [part]: [{ wait: '30s' }, { do: 'reboot' }] });
    await world.play(['door', '1s', 'reboot 1m', '1m']);
    expect(world.calls).toEqual(['0s act']);
    expect(world.log.messages.filter((message) => message.includes('was started again'))).toEqual([]);
  },
);
