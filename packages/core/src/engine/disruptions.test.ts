import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { action, type Action, type ActionContext } from '../actions/action.js';
import { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { definePlugin } from '../plugins/plugin.js';
import { z } from '../schemas/schema.js';
import { EngineBench } from './engine.fixture.js';

let calls: string[];

/** Accepted, but the machine stays up. */
@action({ name: 'machine.reboot', summary: 'Reboots.', effects: ['reboot'], input: z.object({ from: z.string() }) })
class Reboot implements Action<{ from: string }, void> {
  async run({ from }: { from: string }): Promise<void> {
    calls.push(from);
  }
}

@action({ name: 'machine.locked', summary: 'Is refused.', effects: ['reboot'], input: z.object({}) })
class Locked implements Action<unknown, void> {
  run(): Promise<void> {
    calls.push('locked');
    return Promise.reject(new Error('updates are locked'));
  }
}

/** Takes its time, and the machine stays up. */
@action({ name: 'machine.slow', summary: 'Reboots at leisure.', effects: ['reboot'], input: z.object({}) })
class Slow implements Action<unknown, void> {
  constructor(private readonly clock: Clock) {}

  run(_input: unknown, { signal }: ActionContext): Promise<void> {
    return this.clock.sleep(Duration.parse('50s'), 'slow reboot', signal);
  }
}

@action({ name: 'machine.mount', summary: 'Mounts good sticks.', effects: [], input: z.object({ stick: z.string() }) })
class Mount implements Action<{ stick: string }, void> {
  async run({ stick }: { stick: string }): Promise<void> {
    if (stick === 'bad') throw new Error('no file system');
    calls.push(stick);
  }
}

const machine = definePlugin({ name: 'machine', api: '^1.0.0', actions: [Reboot, Locked, Slow, Mount] });
const reboot = (from: string): string => `[{ do: machine.reboot, with: { from: "${from}" } }]`;
const everyTwentyMinutes = 'on: [{ schedule: { every: 20m } }]';

let bench: EngineBench;
beforeEach(() => {
  calls = [];
  bench = new EngineBench([machine]);
});
afterEach(() => bench.end());

test.each([
  ['then', `then: ${reboot('x')}`],
  ['choose', `then: [{ choose: [{ if: "true", then: ${reboot('x')} }] }]`],
  ['parallel', `then: [{ parallel: [${reboot('x')}, [{ wait: 1s }]] }]`],
  ['repeat', `then: [{ repeat: { times: 5, then: [{ wait: 2m }, { do: machine.reboot, with: { from: x } }] } }]`],
  ['catch', `then: [{ stop: { reason: no, failed: true } }]\n    catch: ${reboot('x')}`],
  ['finally', `then: [{ wait: 1s }]\n    finally: ${reboot('x')}`],
])('a rule without a limit reboots in %s at most three times a day, ten minutes apart', async (_where, steps) => {
  await bench.start(`
  again:
    ${everyTwentyMinutes}
    ${steps}
`);
  await bench.advance('12h');
  expect(calls).toHaveLength(3);
  const times = bench.engine.intents().map(({ announcedAt }) => announcedAt);
  for (const [index, time] of times.slice(1).entries()) expect(time - times[index]!).toBeGreaterThanOrEqual(600_000);
  await bench.advance('24h');
  expect(calls.length).toBeGreaterThan(3);
  expect(calls.length).toBeLessThanOrEqual(6);
});

test('a keyed rule without a limit reboots at most three times a day over all its keys', async () => {
  await bench.start(`
  key-maker:
    ${everyTwentyMinutes}
    then: [{ emit: { event: stick, data: { id: "\${{ string(device.uptime) }}" } } }]
  again:
    on: [{ custom: { event: stick } }]
    key: event.data.id
    then: ${reboot('${{ key }}')}
`);
  // The device is read in real time, and half a day passes in a moment.
  await eventually(() =>
    bench.engine.status().streams.some(({ stream, reading }) => stream === 'device' && reading?.quality === 'ok'),
  );
  await bench.advance('12h');
  expect(new Set(calls).size).toBe(3);
  expect(calls).toHaveLength(3);
});

test('rungs without limits reboot at most three times a day together', async () => {
  const rungs = ['20m', '40m', '60m', '80m', '100m'].map((after) => `{ after: ${after}, then: ${reboot(after)} }`);
  await bench.start(`
  again:
    when: "true"
    escalate: [${rungs.join(', ')}]
`);
  await bench.advance('12h');
  expect(calls).toEqual(['20m', '40m', '60m']);
});

test.each([
  ['catch', 'then: [{ do: machine.mount, with: { stick: "${{ event.data.id }}" } }]', `catch: ${reboot('bad stick')}`],
  [
    'a branch that they do not take',
    'then:',
    `  - choose: [{ if: event.data.id == "bad", then: ${reboot('bad stick')} }]`,
    '  - { do: machine.mount, with: { stick: "${{ event.data.id }}" } }',
  ],
  [
    'a step behind an if',
    'then:',
    `  - { if: event.data.id == "bad", do: machine.reboot, with: { from: bad stick } }`,
    '  - { if: event.data.id != "bad", do: machine.mount, with: { stick: "${{ event.data.id }}" } }',
  ],
  [
    'a step after a stop',
    'then:',
    '  - { if: event.data.id != "bad", do: machine.mount, with: { stick: "${{ event.data.id }}" } }',
    '  - choose: [{ if: event.data.id != "bad", then: [{ stop: { reason: mounted } }] }]',
    `  - { do: machine.reboot, with: { from: bad stick } }`,
  ],
])('runs go on whatever the default limit says when their reboot stands in %s', async (_where, ...steps) => {
  await bench.start(`
  sticks:
    on: [{ custom: { event: stick } }]
    mode: parallel
    ${steps.join('\n    ')}
  sticks-come:
    on: [{ start: }]
    then:
      - { emit: { event: stick, data: { id: bad } } }
      - wait: 2m
      - { emit: { event: stick, data: { id: good } } }
      - { emit: { event: stick, data: { id: bad } } }
      - { emit: { event: stick, data: { id: better } } }
`);
  await bench.advance('3m');
  expect(calls).toEqual(['bad stick', 'good', 'better']);
  const failures = bench.engine.traces().flatMap(({ steps: done }) => done.map(({ error }) => error?.code));
  expect(failures).toContain('DISRUPTION_LIMITED');
});

test.each([
  ['an event is dropped', 'on: [{ schedule: { every: 3m } }]\n    then: STEPS', ['3m', '15m', '27m']],
  [
    'a level waits',
    'when: "true"\n    escalate: [{ after: 2m, then: STEPS }, { after: 4m, then: STEPS }]',
    ['2m', '12m'],
  ],
])(
  'a run that comes to its reboot in any case is not begun beyond the default limit: %s',
  async (_what, rule, times) => {
    const steps = `[{ do: machine.mount, with: { stick: good } }, { do: machine.reboot, with: { from: rule } }]`;
    await bench.start(`
  again:
    ${rule.replaceAll('STEPS', steps)}
`);
    await bench.advance('60m');
    expect(calls).toEqual(times.flatMap(() => ['good', 'rule']));
    expect(bench.engine.intents().map(({ announcedAt }) => Math.round(announcedAt / 60_000) + 'm')).toEqual(times);
  },
);

test.each([
  ['in the same engine', async () => undefined],
  [
    'over a restart of the engine',
    async () => {
      await bench.stop();
      await bench.load();
      await bench.engine.start();
    },
  ],
])('a rung that waits behind another one is not lost when that one used up the limit: %s', async (_how, restart) => {
  await bench.start(`
  again:
    when: "true"
    mode: queued
    escalate:
      - { after: 1m, then: [{ wait: 5m }, { do: machine.slow }] }
      - { after: 3m, then: ${reboot('second rung')} }
`);
  await bench.advance('6m30s');
  expect(bench.engine.intents()).toMatchObject([{ action: 'machine.slow' }]);
  await restart();
  await bench.advance('30m');
  expect(calls).toEqual(['second rung']);
  const [first, second] = bench.engine.intents();
  expect(second!.announcedAt - first!.announcedAt).toBeGreaterThanOrEqual(600_000);
});

test('a refused call fails its step with its code, for catch and the trace', async () => {
  await bench.start(`
  first:
    on: [{ custom: { event: go } }]
    then: ${reboot('first')}
  second:
    on: [{ custom: { event: go } }]
    then: [{ wait: 5s }, { do: machine.reboot, with: { from: second } }]
    catch: [{ do: log, with: { message: "\${{ error.code }}" } }]
  go: { on: [{ start: }], then: [{ emit: { event: go } }] }
`);
  await bench.advance('10s');
  expect(calls).toEqual(['first']);
  expect(bench.said).toEqual(['DISRUPTION_UNDER_WAY']);
  const trace = bench.engine.traces().find(({ rule }) => rule === 'second')!;
  expect(trace.steps.find(({ step }) => step === 'do machine.reboot')).toMatchObject({
    outcome: 'failed',
    error: { code: 'DISRUPTION_UNDER_WAY' },
  });
});

test('what a changed file says of boot-safety holds for the first call of its rules', async () => {
  bench.ledger = new MemoryLedger(bench.clock, { durable: false, reason: 'there is no disk' });
  const present = 'quiet: { on: [{ custom: { event: go } }], then: [{ do: log, with: { message: hi } }] }';
  await bench.start(`  ${present}\nboot-safety: { without-record: allow }`);
  await bench.advance('20m');
  bench.write(`  stuck: { when: "true", then: ${reboot('stuck')} }`);
  const reload = bench.engine.reload();
  await bench.advance('1m');
  expect(await reload).toMatchObject({ applied: true });
  expect(calls).toEqual([]);
});

test('what became of each call is told, and listed with its rule and run', async () => {
  await bench.start(`
  locked: { on: [{ start: }], then: [{ do: machine.locked }] }
  ignored: { on: [{ start: }], then: [{ wait: 5s }, { do: machine.reboot, with: { from: x } }] }
`);
  await bench.advance('3m');
  expect(bench.engine.intents()).toMatchObject([
    {
      rule: 'locked',
      action: 'machine.locked',
      outcome: 'blocked',
      detail: expect.stringContaining('updates are locked'),
    },
    { rule: 'ignored', action: 'machine.reboot', outcome: 'lost' },
  ]);
  expect(bench.log.messages.join('\n')).toMatch(/machine\.reboot of ignored is lost/);
});

test('a call whose run ends between two attempts is blocked at once, and does not stand in the way of others', async () => {
  await bench.start(`
  locked:
    on: [{ start: }]
    then: [{ do: machine.locked, retry: { attempts: 5, delay: 1m } }]
    until: [{ custom: { event: enough } }]
  enough:
    on: [{ start: }]
    then: [{ wait: 5s }, { emit: { event: enough } }, { wait: 1s }, { do: machine.reboot, with: { from: enough } }]
`);
  await bench.advance('10s');
  expect(bench.engine.intents()).toMatchObject([{ rule: 'locked', outcome: 'blocked' }, { rule: 'enough' }]);
  expect(calls).toEqual(['locked', 'enough']);
});

test('why and a dry run tell of a disruptive rule that its action would be refused now', async () => {
  await bench.start(`
  first: { on: [{ start: }], then: ${reboot('first')} }
  second: { on: [{ custom: { event: go } }], then: [{ choose: [{ if: "true", then: ${reboot('second')} }] }] }
  shadow: { on: [{ custom: { event: go } }], shadow: true, then: ${reboot('shadow')} }
  harmless: { on: [{ custom: { event: go } }], then: [{ do: log, with: { message: hi } }] }
`);
  const refused = { code: 'DISRUPTION_UNDER_WAY', message: expect.stringContaining('machine.reboot of first') };
  expect(bench.engine.explain('second')).toMatchObject({ refused });
  expect(await bench.engine.dryRun('second')).toMatchObject({ wouldRun: true, refused });
  expect(bench.engine.explain('shadow').refused).toBeUndefined();
  expect(bench.engine.explain('harmless').refused).toBeUndefined();
  expect(bench.engine.status()).toMatchObject({ disruptions: [{ rule: 'first', action: 'machine.reboot' }] });
  await bench.advance('2m');
  expect(bench.engine.explain('second').refused).toBeUndefined();
  expect(bench.engine.status()).toMatchObject({ disruptions: [{ rule: 'first', outcome: 'lost' }] });
});

test('a rule reads the boot event, and the status shows the same boot', async () => {
  await bench.start(`
  booted:
    on: [{ boot: { reason: first } }]
    then:
      - do: log
        with: { message: "\${{ event.number }} \${{ event.safeMode }} \${{ event.?lasted.orValue(duration('0s')) }}" }
`);
  expect(bench.said).toEqual(['1 false 0s']);
  expect(bench.engine.status()).toMatchObject({ boot: { reason: 'first', number: 1 }, safeMode: { active: false } });
});

test('a reboot that is asked for again and again while updates are locked is asked for after a restart of the engine, too', async () => {
  const retry = 'retry: { attempts: 10, delay: 5m, factor: 1 }';
  await bench.start(`
  stuck: { when: "true", for: 10m, then: [{ do: machine.locked, ${retry} }] }
`);
  await bench.advance('17m');
  expect(calls).toEqual(['locked', 'locked']);
  await bench.stop();
  await bench.load();
  await bench.engine.start();
  await bench.advance('12m');
  expect(calls).toHaveLength(5);
});
