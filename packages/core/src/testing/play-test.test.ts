import { describe, expect, test } from '@jest/globals';
import { EMPTY, type Observable } from 'rxjs';
import { action, type Action } from '../actions/action.js';
import { definePlugin } from '../plugins/plugin.js';
import { duration, z } from '../schemas/schema.js';
import { eventStream, type EventStream, stateStream, type StateStream } from '../streams/stream.js';
import { play } from './play.fixture.js';

/** What a plugin must not do in a test: it would touch the outside. */
function touched(): never {
  throw new Error('a test touched the outside');
}

class OutsideService {
  start(): void {
    touched();
  }
}

const reading = z.object({ on: z.boolean(), level: z.number(), lasted: duration().optional() });
@stateStream({ name: 'tank', summary: 'A tank.', value: reading })
class Tank implements StateStream<unknown, z.output<typeof reading>> {
  constructor(private readonly service: OutsideService) {}
  open(): Observable<z.output<typeof reading>> {
    return touched();
  }
}

const knock = z.object({ at: z.string(), strength: z.number() });
@eventStream({ name: 'door.knock', summary: 'A knock.', match: z.object({ at: z.string() }), value: knock })
class Knock implements EventStream<unknown, z.output<typeof knock>> {
  constructor(private readonly service: OutsideService) {}
  open(): Observable<z.output<typeof knock>> {
    return EMPTY.pipe(touched);
  }
}

const amount = z.object({ litres: z.number().default(1), over: duration().optional() });
@action({
  name: 'tank.fill',
  summary: 'Fills.',
  effects: [],
  input: amount,
  output: z.object({ level: z.number(), valve: z.enum(['open', 'shut']) }),
})
class Fill implements Action<z.output<typeof amount>, { level: number; valve: 'open' | 'shut' }> {
  constructor(private readonly service: OutsideService) {}
  run(): Promise<never> {
    return touched();
  }
}

@action({ name: 'tank.hold', summary: 'Holds.', effects: [], holds: true, input: z.object({}) })
class HoldValve implements Action<unknown, void> {
  run(): Promise<never> {
    return touched();
  }
}

@action({ name: 'machine.reboot', summary: 'Reboots.', effects: ['reboot'], input: z.object({}) })
class Reboot implements Action<unknown, void> {
  run(): Promise<never> {
    return touched();
  }
}

@action({ name: 'machine.off', summary: 'Powers off.', effects: ['shutdown'], input: z.object({}) })
class PowerOff implements Action<unknown, void> {
  run(): Promise<never> {
    return touched();
  }
}

@action({ name: 'pager.tell', summary: 'Pages.', effects: ['notify'], input: z.object({}) })
class Page implements Action<unknown, void> {
  run(): Promise<never> {
    return touched();
  }
}

const plugin = definePlugin({
  name: 'fixture',
  api: '^1.0.0',
  services: [OutsideService],
  streams: [Tank, Knock],
  actions: [Fill, HoldValve, Reboot, PowerOff, Page],
});

const file = (rules: string, tests: string): string =>
  `version: 1\nplugins: [{ use: fixture }]\nrules:\n${rules.replace(/^/gm, '  ')}\ntests:\n${tests.replace(/^/gm, '  ')}\n`;

/** The failures of each test; none when it passed. */
async function failuresOf(rules: string, tests: string, beside = {}): Promise<string[]> {
  const { played } = await play(file(rules, tests), beside, plugin);
  return played.flatMap(({ failures }) => failures.map(({ message }) => message));
}

const fillRule = `
fill:
  when: tank.level < 10.0
  for: 1m
  then: [{ do: tank.fill, with: { litres: 5, over: 90s }, as: filled }, { do: log, with: { message: "valve \${{ filled.valve }} at \${{ filled.level }}" } }]`;

describe('a test', () => {
  test.each([
    ['counts calls in their time', '{ action: tank.fill, times: 1, between: [1m, 1m] }'],
    ['matches a part of the input, typed by the schema', '{ action: tank.fill, with: { over: 1m30s } }'],
    [
      'matches the input with an expression',
      "{ action: tank.fill, where: input.over > duration('1m') && input.litres == 5.0 }",
    ],
    ['sees the order of actions', '{ order: [tank.fill, log] }'],
    ['sees what did not happen', '{ no: machine.reboot }'],
    ['sees what did not happen in this way', '{ no: tank.fill, with: { litres: 6 } }'],
    ['sees the state of a rule', '{ rule: fill, state: holding, at: 30s }'],
    ['completes the output of an action by its schema', '{ action: log, with: { message: "valve open at 0" } }'],
  ])('%s', async (_what, expectation) => {
    const text = `- { name: t, given: { tank: { level: 3 } }, at: [{ t: 5m, end: true }], expect: [${expectation}] }`;
    expect(await failuresOf(fillRule, text)).toEqual([]);
  });

  test.each([
    ['{ action: tank.fill, times: 2 }', /tank.fill, twice, but it ran once: at 1m/],
    ['{ action: tank.fill, between: [2m, 3m] }', /did not run so; it did at 1m/],
    ['{ action: tank.fill, with: { litres: 4 } }', /did not run so/],
    ['{ action: tank.fill, where: input.litres > 5.0 }', /did not run so/],
    ['{ action: machine.reboot }', /machine.reboot, at least once, but it did not run\./],
    ['{ no: tank.fill }', /no tank.fill, but it ran once/],
    ['{ order: [log, tank.fill], rule: fill }', /no tank.fill came in its place: they ran as tank.fill, log/],
    ['{ rule: fill, state: running, at: 30s }', /fill is running at 30s, but it was holding \(.*1m/],
    ['{ action: tank.fill, rule: other }', /of other/],
  ])('fails on %s and says what happened instead', async (expectation, message) => {
    const text = `- { name: t, given: { tank: { level: 3 } }, at: [{ t: 5m, end: true }], expect: [${expectation}] }`;
    const other = `${fillRule}\nother: { on: [{ start: }], then: [{ do: log, with: { message: hi } }] }`;
    expect(await failuresOf(other.trimStart(), text)).toEqual([expect.stringMatching(message)]);
  });

  test('lets rules hear of rules as on a device, and of what it emits', async () => {
    const rules = `
fill: { on: [{ door.knock: }], then: [{ do: tank.fill }] }
tell: { on: [{ rule: { outcome: failed } }], then: [{ do: log, with: { message: "\${{ event.name }} is \${{ event.to }}" } }] }`;
    const text = `
- name: t
  answers: { tank.fill: { fail: leaks } }
  at:
    - { t: 1m, emit: { door.knock: { at: back, strength: 2 } } }
    - { t: 2m, restart: engine }
    - { t: 3m, emit: { rule: { name: made-up, to: faulted, outcome: failed } } }
    - { t: 5m, end: true }
  expect:
    - { action: log, times: 1, with: { message: fill is idle }, between: [1m, 1m1s] }
    - { action: log, times: 1, with: { message: made-up is faulted }, between: [3m, 3m1s] }
    - { action: log, times: 2 }`;
    expect(await failuresOf(rules, text)).toEqual([]);
  });

  test('gives the same time line each time it is played', async () => {
    const text = file(
      `${fillRule}\nknock: { on: [{ door.knock: { at: back } }], then: [{ do: tank.fill, retry: { attempts: 3, delay: 1s, jitter: 1 } }] }`,
      `- name: t
  given: { tank: { level: 3 } }
  answers: { tank.fill: { fail: leaks, after: 700ms } }
  at:
    - { t: 10s, emit: { door.knock: { at: back, strength: 2 } } }
    - { t: 11s, kill: engine }
    - { t: 1h, power-cut: 1m }
    - { t: 2h, end: true }
  expect: [{ no: log }]`,
    );
    const [first, second] = [await play(text, {}, plugin), await play(text, {}, plugin)];
    const lines = (results: typeof first): unknown => results.played[0]!.record.happenings;
    expect(lines(second)).toEqual(lines(first));
    expect((lines(first) as unknown[]).length).toBeGreaterThan(5);
  });
});

describe('the readings of a test', () => {
  const rule = 'fill: { when: tank.level < 10.0, then: [{ do: tank.fill }] }';

  test('are lost where nothing is given', async () => {
    expect(
      await failuresOf(
        rule,
        '- { name: t, at: [{ t: 5m, end: true }], expect: [{ no: tank.fill }, { rule: fill, state: paused, at: 1m }] }',
      ),
    ).toEqual([]);
  });

  test('change one field at a time, and keep the others', async () => {
    const both = 'fill: { when: tank.on && tank.level < 10.0, then: [{ do: tank.fill }] }';
    const text = `- name: t
  given: { tank: { on: true, level: 50 } }
  at: [{ t: 1m, set: { tank.level: 5 } }, { t: 5m, end: true }]
  expect: [{ action: tank.fill, times: 1, between: [1m, 1m] }]`;
    expect(await failuresOf(both, text)).toEqual([]);
  });

  test.each([
    ['lost', 'paused'],
    ['stale', 'holding'],
  ])('of quality %s leave a condition %s', async (quality, state) => {
    const text = `- name: t
  given: { tank: { level: 5 } }
  at: [{ t: 1m, quality: { tank: ${quality} } }, { t: 2m, end: true }]
  expect: [{ rule: fill, state: ${state}, at: 90s }]`;
    expect(await failuresOf(rule, text)).toEqual([]);
  });

  test('of the device go with its time: uptime, and a boot of its own', async () => {
    const rules = `
up: { when: "device.uptime > duration('3h')", then: [{ do: log, with: { message: "\${{ device.uptime }} \${{ device.hostname }}" } }] }`;
    const text = `- name: t
  given: { device: { uptime: 2h, hostname: tom } }
  at: [{ t: 3h, end: true }]
  expect: [{ action: log, times: 1, between: [1h, 1h1m], with: { message: 3h30s tom } }]`;
    expect(await failuresOf(rules.trim(), text)).toEqual([]);
  });

  test('of the clock follow it, and tell whether it is synchronised', async () => {
    const rules =
      "sync: { when: clock.synchronized && clock.time > timestamp('2026-02-01T00:00:00Z'), then: [{ do: log, with: { message: now } }] }";
    const text = `- name: t
  given: { clock: { synchronized: false } }
  at: [{ t: 1m, clock: { jump: 40d } }, { t: 2m, set: { clock.synchronized: true } }, { t: 5m, end: true }]
  expect: [{ action: log, times: 1, between: [2m, 2m] }]`;
    expect(await failuresOf(rules, text)).toEqual([]);
  });
});

describe('the events of a test', () => {
  const rules = `
knocked: { on: [{ door.knock: { at: front } }], then: [{ emit: { event: heard, data: "\${{ event.strength }}" } }] }
heard: { on: [{ custom: { event: heard } }], then: [{ do: log, with: { message: "heard \${{ event.data }}" } }] }
hourly: { on: [{ schedule: { every: 1h } }], then: [{ do: log, with: { message: hour } }] }`.trim();

  test('reach the rules that match them; the core keeps its own events', async () => {
    const text = `- name: t
  at:
    - { t: 1m, emit: { door.knock: { at: back, strength: 1 } } }
    - { t: 2m, emit: { door.knock: { at: front, strength: 7 } } }
    - { t: 3m, emit: { custom: { event: heard, data: 9 } } }
    - { t: 150m, end: true }
  expect:
    - { action: emit, with: { event: heard }, times: 1, between: [2m, 2m] }
    - { action: log, with: { message: heard 7 }, times: 1 }
    - { action: log, with: { message: heard 9 }, times: 1, rule: heard }
    - { action: log, with: { message: hour }, times: 2 }`;
    expect(await failuresOf(rules, text)).toEqual([]);
  });

  const emitting = (then: string): string => `${rules}\ngo: { on: [{ custom: { event: go } }], then: ${then} }`;

  test.each([
    ['go on at the end of the test', ''],
    ['a restart parked', '{ t: 2m, restart: engine }, '],
    ['a kill cut off', '{ t: 2m, kill: engine }, '],
    ['a power cut ended', '{ t: 2m, power-cut: 1m }, '],
  ])('count once when rules emit them, also by runs that %s', async (_what, moment) => {
    const text = `- name: t
  at: [{ t: 1m, emit: { custom: { event: go } } }, ${moment}{ t: 1h, end: true }]
  expect:
    - { action: emit, with: { event: heard }, rule: go, times: 1, between: [1m, 1m1s] }
    - { action: log, with: { message: heard 4 }, times: 1 }`;
    expect(await failuresOf(emitting('[{ emit: { event: heard, data: 4 } }, { wait: 10h }]'), text)).toEqual([]);
  });

  test('have their place in the order of calls, before what their run does at the same time', async () => {
    const text = `- name: t
  at: [{ t: 1m, emit: { custom: { event: go } } }, { t: 2m, end: true }]
  expect: [{ order: [tank.fill, emit, machine.reboot] }]`;
    expect(
      await failuresOf(emitting('[{ do: tank.fill }, { emit: { event: sent } }, { do: machine.reboot }]'), text),
    ).toEqual([]);
  });

  test('that a rule emits while it is stopped after the end are none of the test', async () => {
    const text = `- name: t
  at: [{ t: 1m, emit: { custom: { event: go } } }, { t: 2m, end: true }]
  expect: [{ no: emit }]`;
    const rule = `go: { on: [{ custom: { event: go } }], then: [{ wait: 10h }], finally: [{ emit: { event: done } }] }`;
    expect(await failuresOf(`${rule}\noff: { on: [{ stop: }], then: [{ emit: { event: off } }] }`, text)).toEqual([]);
  });
});

describe('the answers of a test', () => {
  const rule = `
go:
  on: [{ start: }]
  then:
    - { do: tank.fill, as: filled, retry: { attempts: 2, delay: 1s } }
    - { do: log, with: { message: "at \${{ filled.level }}" } }
  catch: [{ do: log, with: { message: "caught \${{ error.message }}" } }]`.trim();
  const withAnswer = (answer: string, expectations: string): string => `- name: t
  answers: { tank.fill: ${answer} }
  at: [{ t: 5m, end: true }]
  expect: [${expectations}]`;

  test.each([
    [
      'give an output, a part of which is enough',
      '{ output: { level: 40 } }',
      '{ action: log, with: { message: at 40 } }',
    ],
    [
      'fail, at each attempt',
      '{ fail: it leaks }',
      "{ action: tank.fill, times: 2 }, { action: log, where: input.message.contains('it leaks') }",
    ],
    ['take their time', '{ after: 20s }', '{ action: log, between: [20s, 20s] }'],
    [
      'never come, until the step times out',
      '{ never: true }',
      "{ action: log, where: input.message.contains('did not end'), between: [2m, 3m] }",
    ],
  ])('%s', async (_what, answer, expectations) => {
    expect(await failuresOf(rule, withAnswer(answer, expectations))).toEqual([]);
  });

  test('can change while the test goes on', async () => {
    const text = `- name: t
  at: [{ t: 0s, answer: { tank.fill: { fail: no } } }, { t: 500ms, answer: { tank.fill: { output: { level: 8 } } } }, { t: 1m, end: true }]
  expect: [{ action: log, with: { message: at 8 } }]`;
    expect(await failuresOf(rule.replace('on: [{ start: }]', 'on: [{ schedule: { every: 200ms } }]'), text)).toEqual(
      [],
    );
  });

  const telling = (action: string): string =>
    `tell: { on: [{ custom: { event: go } }], then: [{ do: ${action}, as: sent, retry: { attempts: 3 } }, { do: log, with: { message: "\${{ sent.delivered }}" } }] }`;

  test('do not deliver a webhook while the network is away: it is not called, and delivered when it is back', async () => {
    const hook = telling('notify.webhook').replace('as: sent', 'as: sent, with: { url: "${{ secrets.hook }}" }');
    const text = `- name: t
  at: [{ t: 1s, network: away }, { t: 2s, emit: { custom: { event: go } } }, { t: 1h, network: back }, { t: 3h, end: true }]
  expect:
    - { action: log, with: { message: "false" }, between: [2s, 3s] }
    - { no: notify.webhook, between: [0s, 1h] }
    - { action: notify.webhook, with: { url: "https://secret.invalid/hook" }, times: 1, between: [1h, 1h5m] }`;
    expect(await failuresOf(hook, text)).toEqual([]);
  });

  test.each(['', 'answers: { pager.tell: { after: 1s } }', 'answers: { pager.tell: { output: {} } }'])(
    'do not deliver other messages while the network is away: each attempt fails (%s)',
    async (answers) => {
      const text = `- name: t
  ${answers}
  at: [{ t: 1s, network: away }, { t: 2s, emit: { custom: { event: go } } }, { t: 1h, network: back }, { t: 3h, end: true }]
  expect: [{ action: pager.tell, times: 3, between: [1s, 10m] }, { action: pager.tell, times: 3 }]`;
      expect(await failuresOf(telling('pager.tell'), text)).toEqual([]);
    },
  );

  test('of a held action last as long as the hold', async () => {
    const hold = 'hold: { while: tank.on, hold: { do: tank.hold } }';
    const text = `- name: t
  given: { tank: { on: true } }
  at: [{ t: 1h, set: { tank.on: false } }, { t: 2h, end: true }]
  expect: [{ action: tank.hold, times: 1 }, { rule: hold, state: idle, at: 90m }]`;
    expect(await failuresOf(hold, text)).toEqual([]);
  });

  test('of the same action called by a step come at once, beside the hold', async () => {
    const hold =
      'hold: { while: tank.on, hold: { do: tank.hold }, then: [{ do: tank.hold }, { do: log, with: { message: on } }] }';
    const text = `- name: t
  given: { tank: { on: true } }
  at: [{ t: 1h, end: true }]
  expect: [{ action: tank.hold, times: 2 }, { action: log, times: 1, between: [0s, 1s] }]`;
    expect(await failuresOf(hold, text)).toEqual([]);
  });
});

describe('the simulated device', () => {
  const rules = `
reboot: { when: tank.level < 10.0, for: 1m, limit: { runs: 2, per: 24h }, then: [{ do: machine.reboot }] }
boots: { on: [{ boot: }], then: [{ do: log, with: { message: "boot \${{ event.number }} \${{ event.reason }}" } }] }
starts: { on: [{ start: }], then: [{ do: log, with: { message: "start \${{ event.reason }}" } }] }`.trim();
  const given = 'given: { tank: { level: 50 }, device: { uptime: 1h } }';

  test('reboots half a minute after a rule asked for it, with a new boot that knows why', async () => {
    const text = `- name: t
  ${given}
  at: [{ t: 1m, set: { tank.level: 5 } }, { t: 150s, set: { tank.level: 50 } }, { t: 1h, end: true }]
  expect:
    - { action: machine.reboot, times: 1, between: [2m, 2m] }
    - { no: log, between: [1s, 2m39s] }
    - { action: log, with: { message: boot 2 requested }, between: [2m40s, 2m41s] }
    - { action: log, with: { message: start boot }, times: 2 }
    - { rule: reboot, state: paused, at: 2m41s }
    - { rule: reboot, state: idle, at: 2m50s }`;
    expect(await failuresOf(rules, text)).toEqual([]);
  });

  test('stays up where the reboot is ignored', async () => {
    const text = `- name: t
  ${given}
  answers: { machine.reboot: { ignored: true } }
  at: [{ t: 1m, set: { tank.level: 5 } }, { t: 1h, end: true }]
  expect: [{ action: machine.reboot, times: 1 }, { no: log, where: "input.message == 'boot 2 requested'" }]`;
    expect(await failuresOf(rules, text)).toEqual([]);
  });

  test('tells a power cut, a clean reboot, a kill and a restart of the engine from each other', async () => {
    const text = `- name: t
  ${given}
  at:
    - { t: 10m, power-cut: 2m }
    - { t: 20m, reboot: 30s }
    - { t: 30m, kill: engine }
    - { t: 40m, restart: engine }
    - { t: 50m, end: true }
  expect:
    - { action: log, with: { message: boot 2 power-cut }, between: [12m, 12m1s], times: 1 }
    - { action: log, with: { message: boot 3 external }, between: [20m30s, 20m32s], times: 1 }
    - { action: log, with: { message: start restart }, between: [30m, 30m1s], times: 1 }
    - { action: log, with: { message: start restart }, between: [40m, 40m1s], times: 1 }
    - { no: log, with: { message: start boot }, between: [21m, 50m] }`;
    expect(await failuresOf(rules, text)).toEqual([]);
  });

  test('stays off after a shutdown, until its power comes back', async () => {
    const off =
      'off: { on: [{ custom: { event: off } }], then: [{ do: machine.off }] }\ntick: { on: [{ schedule: { every: 1m } }], then: [{ do: log, with: { message: tick } }] }';
    const text = `- name: t
  at: [{ t: 90s, emit: { custom: { event: off } } }, { t: 1h, power-cut: 1s }, { t: 61m30s, end: true }]
  expect:
    - { no: log, between: [2m30s, 61m] }
    - { action: log, with: { message: tick }, between: [61m, 62m], times: 1 }`;
    expect(await failuresOf(off, text)).toEqual([]);
  });

  test('puts another file in force, and keeps the old one when the other is bad', async () => {
    const rule = 'tick: { on: [{ schedule: { every: 1m } }], then: [{ do: log, with: { message: old } }] }';
    const changed = file(rule.replace('message: old', 'message: new'), '[]');
    const text = `- name: t
  at: [{ t: 90s, reload: bad.yml }, { t: 150s, reload: changed.yml }, { t: 5m, end: true }]
  expect:
    - { action: log, with: { message: old }, times: 2 }
    - { action: log, with: { message: new }, times: 3 }`;
    const beside = { 'changed.yml': changed, 'bad.yml': changed.replace('do: log', 'do: lgo') };
    expect(await failuresOf(rule, text, beside)).toEqual([]);
  });

  test.each([
    ['restart', 'restart: engine'],
    ['kill', 'kill: engine'],
    ['power cut', 'power-cut: 5s'],
  ])('goes on without an engine after a %s with a bad file, until a good one is there', async (_what, moment) => {
    const rule = 'tick: { on: [{ schedule: { every: 1m } }], then: [{ do: log, with: { message: old } }] }';
    const changed = file(rule.replace('message: old', 'message: new'), '[]');
    const text = `
- name: t
  at: [{ t: 90s, reload: bad.yml }, { t: 100s, ${moment} }, { t: 10m, reload: changed.yml }, { t: 11m, restart: engine }, { t: 12m30s, end: true }]
  expect:
    - { no: log, between: [90s, 10m59s] }
    - { action: log, with: { message: new }, between: [11m, 12m] }
    - { rule: tick, state: idle, at: 5m }
- { name: other, at: [{ t: 90s, end: true }], expect: [{ action: log, times: 1 }] }`.trim();
    const beside = { 'changed.yml': changed, 'bad.yml': changed.replace('do: log', 'do: lgo') };
    const { played } = await play(file(rule, text), beside, plugin);
    expect(played.map(({ failures }) => failures.map(({ message }) => message))).toEqual([
      ['expected tick is idle at 5m, but no engine ran.'],
      [],
    ]);
    const lines = played[0]!.record.happenings.map(({ text: line }) => line);
    expect(lines).toContainEqual(expect.stringMatching(/^the engine does not start: .*lgo/));
  });

  const boots = `
boots: { on: [{ boot: }], then: [{ do: log, with: { message: boot } }] }
reboot: { on: [{ custom: { event: reboot } }], then: [{ do: machine.reboot }] }
off: { on: [{ custom: { event: off } }], then: [{ do: machine.off }] }`.trim();

  test.each([
    ['a reboot of a rule', '{ t: 10s, emit: { custom: { event: reboot } } }, { t: 45s, power-cut: 10m }', '10m45s'],
    ['a longer reboot', '{ t: 10s, reboot: 20m }, { t: 1m, power-cut: 10m }', '11m'],
    ['a longer cut', '{ t: 10s, power-cut: 10m }, { t: 1m, power-cut: 1m }', '10m10s'],
    ['a shorter cut', '{ t: 10s, power-cut: 1m }, { t: 1m, power-cut: 10m }', '11m'],
    ['a reboot that comes in it', '{ t: 10s, power-cut: 10m }, { t: 1m, reboot: 10s }', '10m10s'],
    ['a shutdown', '{ t: 10s, emit: { custom: { event: off } } }, { t: 5m, power-cut: 10m }', '15m'],
    ['a reboot after a shutdown', '{ t: 10s, emit: { custom: { event: off } } }, { t: 5m, reboot: 10s }', undefined],
  ])('is off as long as its power is cut, besides %s', async (_what, moments, at) => {
    const expectation = at
      ? `{ action: log, rule: boots, between: [${at}, ${at}] }, { action: log, rule: boots, times: 2 }`
      : '{ action: log, rule: boots, times: 1 }';
    const text = `- { name: t, at: [${moments}, { t: 1h, end: true }], expect: [${expectation}] }`;
    expect(await failuresOf(boots, text)).toEqual([]);
  });
});

describe('an engine that stands still', () => {
  const rule = 'fill: { when: tank.on, for: 20s, then: [{ do: tank.fill }] }';
  const frozen = (moments: string, expectation: string): string => `- name: t
  given: { tank: { on: true, level: 50 } }
  at: [{ t: 5s, freeze: 25s }, ${moments}{ t: 5m, end: true }]
  expect: [${expectation}]`;

  test.each([
    ['counts on afterwards', '', '{ action: tank.fill, times: 1, between: [45s, 46s] }'],
    ['hears what came meanwhile before anything fires', '{ t: 8s, set: { tank.on: false } }, ', '{ no: tank.fill }'],
    [
      'hears also what was so for a moment',
      '{ t: 8s, set: { tank.on: false } }, { t: 9s, set: { tank.on: true } }, ',
      '{ action: tank.fill, times: 1, between: [50s, 51s] }',
    ],
    ['is killed like any other', '{ t: 10s, kill: engine }, ', '{ action: tank.fill, times: 1, between: [30s, 31s] }'],
    [
      'does not hear that it should stop, and is killed after 10 s',
      '{ t: 10s, restart: engine }, ',
      '{ action: tank.fill, times: 1, between: [40s, 41s] }',
    ],
    [
      'may stand still for longer before it goes on',
      '{ t: 10s, freeze: 40s }, ',
      '{ action: tank.fill, times: 1, between: [1m5s, 1m6s] }',
    ],
  ])('%s', async (_, moments, expectation) => {
    expect(await failuresOf(rule, frozen(moments, expectation))).toEqual([]);
  });

  test('gets the events that came meanwhile, and reads another file when it goes on', async () => {
    const knock =
      'knock: { on: [{ door.knock: { at: back } }], then: [{ do: log, with: { message: "${{ event.strength }}" } }] }';
    const moment = '{ t: 8s, emit: { door.knock: { at: back, strength: 2 } } }, ';
    const expectation = '{ action: log, times: 1, between: [30s, 31s] }';
    expect(await failuresOf(knock, frozen(moment, expectation))).toEqual([]);
  });
});
