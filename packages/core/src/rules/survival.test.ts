import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Notation } from './rule-notation.fixture.js';
import { World, type Answer, type Script } from './world.fixture.js';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const act = [{ do: 'act' }];
const other = [{ do: 'other' }];
const door = { custom: { event: 'door' } };
const window = { custom: { event: 'window' } };
const on = { a: true };
const off = { a: false };
const key = 'string(event.data.id)';
const tell = [{ do: 'act', with: { id: '${{ event.data.id }}' } }];

interface Case {
  readonly rule: Notation;
  readonly answers?: Readonly<Record<string, readonly Answer[]>>;
  readonly script: Script;
  readonly calls: readonly string[];
}

const tables: Readonly<Record<string, Readonly<Record<string, Case>>>> = {
  for: {
    'goes on after a restart of the engine': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '6m', 'restart 10s', '1h'],
      calls: ['10m10s act'],
    },
    'goes on after a kill; at most 20 s are counted again': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '6m10s', 'kill', '1h'],
      calls: ['10m10s act'],
    },
    'goes on after a kill however often it comes': {
      rule: { when: 'a', for: '1m', then: act },
      script: [on, '30s', 'kill', '30s', 'kill', '30s', 'kill 5s', '1h'],
      calls: ['1m20s act'],
    },
    'never counts the time that nobody watched': {
      rule: { when: 'a', for: '10m', 'on-gap': 'resume', then: act },
      script: [on, '6m', 'kill 1h', '1h'],
      calls: ['1h10m act'],
    },
    'starts anew after a kill that nobody mended for a minute': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '6m', 'kill 1m', '1h'],
      calls: ['17m act'],
    },
    'starts anew with the boot': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '6m', 'reboot', '1h'],
      calls: ['16m act'],
    },
    'goes on in the next boot with on-gap: resume': {
      rule: { when: 'a', for: '10m', 'on-gap': 'resume', then: act },
      script: [on, '6m', 'reboot 5m', '1h'],
      calls: ['15m act'],
    },
    'fires at once in the next boot with on-gap: fire': {
      rule: { when: 'a', for: '10m', 'on-gap': 'fire', then: act },
      script: [on, '6m', 'reboot 5m', '1h'],
      calls: ['11m act'],
    },
    'fires again in the next boot, once': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '20m', 'reboot', '20m', 'restart', '1h'],
      calls: ['10m act', '30m act'],
    },
    'does not fire again after a kill': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '20m', 'kill 1h', '1h'],
      calls: ['10m act'],
    },
    'starts anew after a power cut': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '6m', 'power-cut 2m', '1h'],
      calls: ['18m act'],
    },
    'is not shortened by a restart while the condition was false': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '6m', off, 'restart', on, '1h'],
      calls: ['16m act'],
    },
    'is moved by no jump of the calendar': {
      rule: { when: 'a', for: '10m', then: act },
      script: [on, '3m', 'clock 336', '3m', 'kill', 'clock -1', '1h'],
      calls: ['10m act'],
    },
  },
  escalate: {
    'goes on with the next rung after a restart': {
      rule: {
        when: 'a',
        escalate: [
          { after: '2m', then: act },
          { after: '10m', then: other },
        ],
      },
      script: [on, '5m', 'restart', '1h'],
      calls: ['2m act', '10m other'],
    },
    'goes on with the next rung after a kill': {
      rule: {
        when: 'a',
        escalate: [
          { after: '2m', then: act },
          { after: '10m', then: other },
        ],
      },
      script: [on, '5m', 'kill', '1h'],
      calls: ['2m act', '10m other'],
    },
    'begins with the first rung in a new boot': {
      rule: {
        when: 'a',
        escalate: [
          { after: '2m', then: act },
          { after: '10m', then: other },
        ],
      },
      script: [on, '5m', 'reboot', '1h'],
      calls: ['2m act', '7m act', '15m other'],
    },
  },
  'reset-after': {
    'goes on after a kill': {
      rule: { when: 'a', 'reset-after': '5m', then: act },
      script: [on, '1m', off, '4m', 'kill', '1m', on, '1s'],
      calls: ['0s act', '6m act'],
    },
    'is not over sooner for a kill': {
      rule: { when: 'a', 'reset-after': '5m', then: act },
      script: [on, '1m', off, '4m', 'kill', '59s', on, '1h'],
      calls: ['0s act'],
    },
    'ends with the boot': {
      rule: { when: 'a', 'reset-after': '5m', then: act },
      script: [on, '1m', off, '1m', 'reboot', on, '1s'],
      calls: ['0s act', '2m act'],
    },
  },
  limit: Object.fromEntries(
    ['restart', 'kill', 'reboot'].map((end) => [
      `and cooldown outlive a ${end}, and time without uptime does not count`,
      {
        rule: { on: [door], limit: { runs: 2, per: '1h', cooldown: '10m' }, then: act },
        script: ['door', '5m', end, 'door', '5m', 'door', end, '10m', 'door', '40m', 'door'],
        calls: ['0s act', '10m act', '1h act'],
      },
    ]),
  ),
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
    'that reboots has happened in the next boot: the run is over, finally is done': {
      rule: { on: [door], then: [{ do: 'reboot' }, ...act], finally: other },
      answers: { reboot: [{ never: true }] },
      script: ['door', '10s', 'power-cut 30s', '1h'],
      calls: ['0s reboot', '40s other'],
    },
  },
  finally: {
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
  count: {
    ...Object.fromEntries(
      ['restart', 'kill', 'reboot'].map((end) => [
        `knows after a ${end} what it saw before it`,
        {
          rule: { on: [{ count: { of: door, n: 3, within: '10m' } }], key, then: tell },
          script: ['door 1', 'door 2', 'door 1', '5m', end, '5m', 'door 1', 'door 2', 'door 1'],
          calls: ['10m act {"id":1}'],
        },
      ]),
    ),
    'of less than a minute starts empty with the engine': {
      rule: { on: [{ count: { of: door, n: 2, within: '59s' } }], then: act },
      script: ['door', 'kill', 'door', 'door'],
      calls: ['0s act'],
    },
  },
  sequence: Object.fromEntries(
    ['restart', 'kill', 'reboot'].map((end) => [
      `goes on after a ${end}, within its window`,
      {
        rule: { on: [{ sequence: { of: [door, window, door], within: '10m' } }], then: act },
        script: ['door', '1m', 'window', end, '9m', 'door', 'door', 'window', end, '10m1s', 'door'],
        calls: ['10m act'],
      },
    ]),
  ),
  all: Object.fromEntries(
    ['restart', 'kill', 'reboot'].map((end) => [
      `is completed after a ${end}, within its window`,
      {
        rule: { on: [{ all: { of: [door, window], within: '10m' } }], then: act },
        script: ['door', '5m', end, '5m', 'window', 'window', end, '10m1s', 'door'],
        calls: ['10m act'],
      },
    ]),
  ),
  debounce: {
    ...Object.fromEntries(
      ['restart', 'kill', 'reboot'].map((end) => [
        `passes on after a ${end} what it held back`,
        {
          rule: { on: [{ ...door, debounce: '10m' }], then: tell },
          script: ['door 1', '5m', 'door 2', '5m', end, '1h'],
          calls: ['15m act {"id":2}'],
        },
      ]),
    ),
    'that ended while no engine ran passes on at the start': {
      rule: { on: [{ ...door, debounce: '10m' }], then: tell },
      script: ['door 1', '5m', 'kill 10m', '0s'],
      calls: ['15m act {"id":1}'],
    },
    'of less than a minute is lost with the engine': {
      rule: { on: [{ ...door, debounce: '59s' }], then: tell },
      script: ['door 1', 'kill', '1h'],
      calls: [],
    },
  },
  absence: {
    'goes on after a restart, and is told a tenth later at most': {
      rule: { on: [{ absence: { of: door, within: '10m' } }], then: act },
      script: ['5m', 'door', '5m', 'restart 10s', '1h'],
      calls: ['16m10s act'],
    },
    'starts anew when nobody may have been listening': {
      rule: { on: [{ absence: { of: door, within: '10m' } }], then: act },
      script: ['5m', 'kill 2m', '1h'],
      calls: ['17m act'],
    },
    'is told once, however often the engine starts again': {
      rule: { on: [{ absence: { of: door, within: '10m' } }], then: act },
      script: ['20m', 'restart', '20m', 'kill', '20m', 'door', 'kill', '20m'],
      calls: ['10m act', '1h10m act'],
    },
    'starts anew with the boot, for each key': {
      rule: { on: [{ absence: { of: door, within: '10m' } }], key, then: tell },
      script: ['door 1', '5m', 'reboot', '1h'],
      calls: ['15m act {"id":1}'],
    },
    'of a busy stream is kept a few times only': {
      rule: { on: [{ absence: { of: door, within: '10m' } }], then: act },
      script: [...Array.from({ length: 60 }, () => ['door', '9s500ms']).flat(), 'restart', '1h'],
      calls: ['19m30s act'],
    },
  },
  throttle: {
    'starts anew with the engine': {
      rule: { on: [{ ...door, throttle: '10m' }], then: act },
      script: ['door', 'door', 'kill', 'door', 'door'],
      calls: ['0s act', '0s act'],
    },
  },
  while: Object.fromEntries(
    ['restart', 'kill', 'reboot'].map((end) => [
      `takes the hold anew after a ${end}`,
      {
        rule: { while: 'a', hold: { do: 'keep' } },
        script: [on, '1m', end, '1m', off],
        calls: ['0s keep', '1m keep'],
      },
    ]),
  ),
};

describe.each(Object.entries(tables))('%s', (_, cases) => {
  test.each(Object.entries(cases))('%s', async (_claim, { rule, answers = {}, script, calls }) => {
    for (const [action, answer] of Object.entries(answers)) world.answer(action, ...answer);
    await world.start(rule);
    await world.play(script);
    expect(world.calls).toEqual(calls);
  });
});

test('a notification that a kill cut off comes again under the same idempotency key, one of another round does not', async () => {
  world.answer('notify', {}, { never: true }, {});
  await world.start({ on: [door], then: [{ repeat: { times: 2, then: [{ do: 'notify' }] } }] });
  await world.play(['door', '1s', 'kill', '1s']);
  const { id } = world.trace;
  expect(world.keys).toEqual(['then[0].repeat[0]#0', 'then[0].repeat[0]#1', 'then[0].repeat[0]#1']);
  expect([...world.traces.keys()]).toEqual([id]);
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

describe('the ledger', () => {
  test('hears nothing of the runs of a rule that only acts', async () => {
    await world.start({ on: [door], then: act });
    await world.play(['door', 'door', '1h', 'door']);
    expect(world.ledger.changes).toBe(0);
  });

  test('hears nothing while nothing happens', async () => {
    await world.start({ when: 'a', for: '10m', then: act }, { on: [door], until: [window], then: act });
    await world.play([on, 'door', '20m']);
    const { changes } = world.ledger;
    await world.play(['30d']);
    expect(world.ledger.changes).toBe(changes);
    expect(world.ledger.watches).toBe(0);
  });

  test('hears of a condition that flickers only when it turns', async () => {
    await world.start({ when: 'a.on', for: '10m', then: act });
    for (let n = 0; n < 100; n++) await world.play([{ a: { on: true, n } }]);
    expect(world.ledger.changes).toBe(1);
    await world.play([{ a: { on: false } }]);
    expect(world.ledger.changes).toBe(2);
  });

  test('keeps watch exactly while something counts', async () => {
    await world.start({ when: 'a', for: '10m', 'reset-after': '5m', then: act });
    const watches: number[] = [];
    for (const entry of [off, on, '10m', off, '5m'] as const) {
      await world.play([entry]);
      watches.push(world.ledger.watches);
    }
    expect(watches).toEqual([0, 1, 0, 1, 0]);
  });

  test('keeps nothing of keys that were evicted', async () => {
    await world.start({ on: [door], key, limit: { runs: 1, per: '1s' }, then: act });
    for (let id = 0; id < 1_000; id++) await world.emit('door', { id });
    await world.pass('1s');
    for (let id = 1_000; id < 2_000; id++) await world.emit('door', { id });
    expect(world.ledger.entries(world.ledger.scopes()[0]!).size).toBe(1_000);
  });

  test('keeps nothing of a run that is over', async () => {
    await world.start({ on: [door], then: [{ wait: '1m' }, ...act], catch: other, finally: other });
    await world.play(['door', '30s', 'kill', '1h']);
    expect(world.ledger.scopes()).toEqual([]);
  });
});

describe('a rule that was edited while the engine was down', () => {
  const rule = { when: 'a', for: '10m', then: act };

  test('starts anew, and the log says so', async () => {
    await world.start(rule);
    await world.play([on, '6m']);
    await world.kill('0s', { ...rule, for: '9m' });
    await world.pass('1h');
    expect(world.calls).toEqual(['15m act']);
    expect(world.log.lines.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('rule was changed while the engine was down'),
    );
  });

  test('leaves the records of others alone', async () => {
    world.ledger.write('intents', 'reboot', true);
    await world.start(rule, { when: 'a', then: other });
    await world.play([on, '6m']);
    await world.kill('0s', rule);
    expect(world.ledger.scopes()).toEqual(['intents', expect.stringMatching(/^rule\/instances\/.*\/rule$/)]);
  });
});
