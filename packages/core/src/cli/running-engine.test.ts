import { connect, createServer } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RunningEngine } from './running-engine.fixture.js';

const rules = `
  holds:
    when: device.uptime > duration('1s')
    for: 24h
    then: [{ do: log, with: { message: hi } }]
  limited:
    on: [{ custom: { event: door } }]
    limit: { runs: 1, per: 24h }
    then: [{ do: log, with: { message: "door \${{ event.data.id }}" } }]
  counted:
    on: [{ count: { of: { custom: { event: door } }, n: 3, within: 10m } }]
    then: [{ stop: enough }]
  lost:
    when: sensor.on && sensor.level > 3.0
    then: [{ do: log, with: { message: hi } }]
  message:
    on: [{ custom: { event: tell } }]
    then: [{ do: notify.webhook, with: { url: "http://127.0.0.1:9/x", body: {} } }]
  blocked:
    on: [{ custom: { event: blocked } }]
    then: [{ do: machine.reboot, with: { locked: true } }]
  accepted:
    on: [{ custom: { event: accepted } }]
    then: [{ do: machine.reboot }]
  rested:
    on: [{ custom: { event: rested } }]
    then: [{ do: machine.reboot }]
`;

let engine: RunningEngine;
/** The standard output of a command that ends with 0. */
async function ask(...words: string[]): Promise<string> {
  const { code, out, error } = await engine.ask(...words);
  expect([code, error]).toEqual([0, '']);
  return out;
}

const parsed = async (...words: string[]): Promise<Record<string, unknown>> =>
  JSON.parse(await ask(...words, '--json')) as Record<string, unknown>;

describe('an engine that runs', () => {
  beforeAll(async () => {
    engine = new RunningEngine();
    await engine.start(rules);
    for (const words of [['door', '{"id":7}'], ['door', '{"id":8}'], ['tell'], ['blocked'], ['accepted']]) {
      expect(await ask('emit', ...words)).toBe(`The event "${words[0]}" was handed to the rules.\n`);
    }
  }, 60_000);
  afterAll(() => engine.remove());

  test('tells its status, with what became of each reboot that a rule asked for', async () => {
    const text = await ask('status');
    expect(text).toMatch(/^running for .*\.devicerc\.yml\n/);
    expect(text).toMatch(/ledger {5}durable/);
    expect(text).toMatch(/outbox {5}1 notification waiting/);
    expect(text).toMatch(/machine\.reboot of blocked[^]*was blocked: [^]*updates are\s+locked/);
    expect(text).toMatch(/machine\.reboot of accepted[^]*is under\s+way/);
    expect(text).toMatch(/holding {3}holds/);
    expect(text).toMatch(/limited {3}limited/);
    expect(await parsed('status')).toMatchObject({
      state: 'running',
      safeMode: { active: false },
      disruptions: [{ rule: 'blocked', outcome: 'blocked' }, { rule: 'accepted' }],
    });
  }, 30_000);

  test('shows its status anew, in place on a terminal', async () => {
    const home = '\u001b[H';
    const shown = await engine.watch('status --watch', (text) => text.split(home).length > 3);
    const [cleared, ...screens] = shown.split(home);
    expect(cleared).toContain('\u001b[2J');
    for (const screen of screens.slice(0, 2)) expect(screen).toMatch(/^running for .*\u001b\[K\r?\n[^]*\u001b\[J/);
  }, 30_000);

  test('tells why a level has not fired, and when it could', async () => {
    const text = await ask('why', 'holds');
    expect(text).toMatch(/its when has held for .* of 1d/);
    expect(text).toMatch(/It could fire in/);
    expect(text).toMatch(/device\.uptime > duration\('1s'\)\n +is true/);
  }, 30_000);

  test('tells of a lost stream once, and which parts of the condition it leaves open', async () => {
    const text = await ask('why', 'lost');
    expect(text).toMatch(/- paused: sensor is lost: the cable is out\.\n/);
    expect(text).toMatch(/\n +is lost\n +\(lost\) {2}sensor\.on\n +\(lost\) {2}sensor\.level > 3\.0\n/);
    expect(text).toMatch(/\n +sensor is lost for \d+s: the cable is\s+out\.\n/);
  }, 30_000);

  test('tells why a limit stops a rule, how far a pattern has come, and what would refuse a reboot', async () => {
    expect(await ask('why', 'limited')).toMatch(/- limit: .*it is open again in/);
    expect(await ask('why', 'counted')).toMatch(/2 of 3 within 10m, the first \d+s ago/);
    expect(await ask('why', 'blocked')).toMatch(
      /If it ran now: machine\.reboot is refused[^]*\[DISRUPTION_UNDER_WAY\]/,
    );
  }, 30_000);

  test('lists its runs, and shows one with its steps and what became of its reboot', async () => {
    const runs = (await parsed('trace')) as unknown as { id: string; rule: string }[];
    expect(runs.map(({ rule }) => rule)).toEqual(['limited', 'message', 'blocked', 'accepted']);
    expect(await ask('trace')).toMatch(/accepted\n.*event custom: succeeded, 1 step/);
    const { id } = runs.find(({ rule }) => rule === 'blocked')!;
    const text = await ask('trace', id.slice(0, 8));
    expect(text).toMatch(/^blocked: failed\n/);
    expect(text).toMatch(/then\[0\] machine\.reboot was blocked: .*updates are locked/);
  }, 30_000);

  test('tries a rule without acting; a rule that would not run ends with 1', async () => {
    expect(await ask('try', 'rested')).toMatch(/^rested would run\.\nBut machine\.reboot is refused/);
    const { code, out } = await engine.ask('try', 'limited', '--event', '{"data":{"id":3}}');
    expect(code).toBe(1);
    expect(out).toMatch(/^limited would not run:[^]*in {2}\{"message":"door 3"\}/);
  }, 30_000);

  test('lists what waits for the network', async () => {
    expect(await ask('outbox')).toMatch(
      /1 notification waiting\n {2}notify\.webhook of message, to http:\/\/127\.0\.0\.1:9/,
    );
  }, 30_000);

  test('takes over a changed file; a bad one leaves the old one in force, with 78', async () => {
    engine.write(`${rules}  more: { on: [{ start: }], then: [{ do: log, with: { message: more } }] }\n`);
    expect(await ask('reload')).toMatch(/The new file is in force\.\n$/);
    engine.write(`${rules}  more: { on: [{ start: }], then: [{ do: lgo }] }\n`);
    const { code, out } = await engine.ask('reload');
    expect(code).toBe(78);
    expect(out).toMatch(/\.devicerc\.yml:\d+:\d+[^]*Did you mean "log"[^]*The old file stays in force\.\n$/);
    expect(await ask('status')).toMatch(/9 rules/);
    engine.write(rules);
  }, 30_000);

  test.each([
    ['a rule that is not there', ['why', 'limitd'], 1, /^RULE_UNKNOWN: .*Did you mean "limited"\?\n {2}\S/],
    ['a run that is not there', ['trace', 'zzz'], 1, /^RUN_UNKNOWN: .*\n {2}\S/],
    ['data that is not JSON', ['emit', 'door', '{'], 2, /^ARGUMENT_MALFORMED: .*not JSON.*\n {2}\S/],
    ['an event that is not JSON', ['try', 'limited', '--event', '{'], 2, /^ARGUMENT_MALFORMED: .*not JSON.*\n {2}\S/],
    ['a boot to come', ['trace', '--boot', '1'], 2, /^ARGUMENT_MALFORMED: .*--boot.*\n {2}\S/],
    [
      'a run and a boot',
      ['trace', '4f1a', '--boot', '0'],
      2,
      /^ARGUMENT_MALFORMED: .*--boot.*\n {2}Leave one of them out/,
    ],
    ['a time back from no boot', ['trace', '--last', '2h'], 2, /^ARGUMENT_MALFORMED: .*--last.*\n {2}Name the boot/],
    ['a time without a unit', ['trace', '--boot', '0', '--last', '5'], 2, /^ARGUMENT_MALFORMED: .*--last.*\n {2}\S/],
  ])(
    'is told of %s, with a code and what to do',
    async (_what, words, code, text) => {
      const result = await engine.ask(...words);
      expect([result.code, result.out]).toEqual([code, '']);
      expect(result.error).toMatch(text);
    },
    30_000,
  );

  test('refuses a command of another release', async () => {
    const socket = connect(join(engine.folder, 'run/control.sock'));
    socket.write('{"version":99,"command":"status"}\n');
    const [answer] = (await new Promise((resolve) => socket.once('data', (chunk) => resolve([String(chunk)])))) as [
      string,
    ];
    socket.destroy();
    expect(JSON.parse(answer)).toMatchObject({ ok: false, error: { code: 'CONTROL_VERSION' } });
  });

  test('is healthy, unhealthy while it stands still, and unhealthy once it has ended, with code 0', async () => {
    expect(await ask('health')).toBe('healthy: the engine is running\n');
    engine.process?.kill('SIGSTOP');
    expect(await engine.ask('health')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^unhealthy: .*within 5s/),
    });
    engine.process?.kill('SIGCONT');
    expect(await ask('health')).toMatch(/^healthy/);
    expect(await engine.stop()).toBe(0);
    expect(await engine.ask('health')).toMatchObject({ code: 1, out: expect.stringMatching(/^unhealthy: No engine/) });
  }, 60_000);
});

const asRoot = process.getuid?.() === 0 ? describe : describe.skip;
asRoot('an engine after five short boots (a clock of its own needs root)', () => {
  beforeAll(async () => {
    engine = new RunningEngine();
    await engine.recordShortBoots();
    await engine.start(rules, { boottime: 60 });
  }, 60_000);
  afterAll(() => engine.remove());

  test('says so where an operator looks, refuses to reboot, and does so no more once safe mode is off', async () => {
    expect(await ask('status')).toMatch(/\nSAFE MODE {2}the last 5 boots/);
    expect(await ask('why', 'rested')).toMatch(
      /If it ran now: machine\.reboot is refused in safe mode[^]*\[SAFE_MODE\]/,
    );
    expect(await ask('why', 'limited')).not.toMatch(/safe mode/);
    expect(await ask('safe-mode', 'off')).toMatch(/^Safe mode is off/);
    expect(await ask('safe-mode', 'off')).toBe('Safe mode was not on.\n');
    expect(await ask('why', 'rested')).not.toMatch(/safe mode/);
  }, 30_000);

  test('tells what led to the end of the boot before, also when no engine runs', async () => {
    expect(await engine.stop()).toBe(0);
    const text = await ask('trace', '--boot', '-1');
    expect(text).toMatch(/^Boot 5\n.*engine: was here\n/);
    expect(text).toMatch(/End: the engine was stopped in order/);
    expect(await engine.ask('trace', '--boot', '-9')).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^BOOT_UNKNOWN: .*\n {2}\S/),
    });
  }, 30_000);
});

describe('without an engine of its own release', () => {
  beforeAll(() => {
    engine = new RunningEngine();
    mkdirSync(join(engine.folder, 'run'));
  });
  afterAll(() => engine.remove());

  test('each command that asks one says so and what to do, with 1', async () => {
    const commands = ['status', 'why x', 'trace', 'trace x', 'try x', 'emit x', 'reload', 'outbox', 'safe-mode off'];
    for (const command of commands) {
      expect(await engine.ask(...command.split(' '))).toMatchObject({
        code: 1,
        out: '',
        error: expect.stringMatching(/^ENGINE_NOT_RUNNING: No engine answers on .*\n {2}Start it with `devicerc run`/),
      });
    }
  }, 60_000);

  test('a command says that the engine is of another release', async () => {
    const server = createServer((socket) => socket.resume().end('{"version":99,"ok":true,"result":{}}\n'));
    await new Promise<void>((resolve) => server.listen(join(engine.folder, 'run/control.sock'), resolve));
    expect(await engine.ask('status')).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^CONTROL_VERSION: The engine speaks version 99 .*\n {2}\S/),
    });
    await new Promise((resolve) => server.close(resolve));
  }, 30_000);
});
