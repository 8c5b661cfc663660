import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration } from '@devicerc/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { manager, TestClient } from '../bus/test-client.fixture.js';
import { runSimulation, type EngineSeat, type SimulatedEngine } from './run-simulation.js';
import { parseSimulation } from './simulation.js';

const rebootAfterTenMinutes = `
speed: 300
given: { uptime: 2h, timedate1: { NTPSynchronized: false } }
at:
  - { t: 28m, set: { timedate1: { NTPSynchronized: true } } }
end: 30m
expect:
  - { event: webhook, between: [10m, 28m] }
  - { event: reboot-requested, between: [10m, 28m] }
  - { event: booted, between: [10m, 29m] }
`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'devicerc-simulation-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Does by hand what the rule of the example does, so that the simulation is tested without an engine. */
class ScriptedEngine implements SimulatedEngine {
  readonly #stopped = new AbortController();

  constructor(private readonly seat: EngineSeat) {}

  async start(): Promise<void> {
    const { clock, log } = this.seat;
    log.info('engine is ready');
    if (clock.boottime() < Duration.parse('30m').milliseconds) return;
    void clock.sleep(Duration.parse('10m'), 'scripted rule', this.#stopped.signal).then(
      () => this.#act(),
      () => undefined,
    );
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
  }

  async #act(): Promise<void> {
    const { DEVICERC_SECRET_HOOK: hook, DBUS_SYSTEM_BUS_ADDRESS: bus } = this.seat.host.variables;
    await fetch(hook!, { method: 'POST', body: JSON.stringify({ text: 'No NTP for 10m' }) });
    const client = await TestClient.connect(bus!);
    await client.call({ ...manager, member: 'Reboot' });
    client.close();
  }
}

class IdleEngine implements SimulatedEngine {
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
}

async function play(
  simulation: string | undefined,
  createEngine: (seat: EngineSeat) => SimulatedEngine,
  signal?: AbortSignal,
): Promise<{ code: number; lines: string[] }> {
  if (simulation !== undefined) await writeFile(join(folder, 'simulation.yml'), simulation);
  const lines: string[] = [];
  const code = await runSimulation({
    file: join(folder, '.devicerc.yml'),
    createEngine: async (seat) => createEngine(seat),
    print: (line) => lines.push(line),
    ...(signal && { signal }),
  });
  return { code, lines };
}

describe('a simulation', () => {
  test('tells the story in simulated time and ends with code 0 when all that was expected happened', async () => {
    const engines: ScriptedEngine[] = [];
    const { code, lines } = await play(rebootAfterTenMinutes, (seat) => {
      const engine = new ScriptedEngine(seat);
      engines.push(engine);
      return engine;
    });
    const story = lines.join('\n');
    expect(story).toMatch(/\+0m00s {2}host {5}is up for 2h/);
    expect(story).toMatch(/\+[12]\dm\d\ds {2}webhook {2}received {"text":"No NTP for 10m"}/);
    expect(story).toMatch(/host {5}reboot requested by org\.freedesktop\.systemd1\.Manager\.Reboot/);
    expect(story).toMatch(/host {5}is up: boot 2, boot id [0-9a-f-]{36}/);
    expect(story).toMatch(/host {5}NTPSynchronized is now true/);
    expect(story.match(/engine is ready/g)).toHaveLength(2);
    expect(engines).toHaveLength(2);
    expect(story).not.toContain('NOT AS EXPECTED');
    expect(code).toBe(0);
  });

  test('says what was missing and ends with code 1', async () => {
    const { code, lines } = await play(
      'speed: 100\nend: 5s\nexpect: [{ event: webhook, between: [1s, 2s] }]',
      () => new IdleEngine(),
    );
    expect(lines).toContain('  NOT AS EXPECTED  webhook: expected once between 1s and 2s, seen not at all');
    expect(code).toBe(1);
  });

  test('without a simulation.yml shows any device until it is interrupted', async () => {
    const interrupt = new AbortController();
    const { code, lines } = await play(
      undefined,
      () => {
        queueMicrotask(() => interrupt.abort());
        return new IdleEngine();
      },
      interrupt.signal,
    );
    expect(lines[1]).toContain('is up for 2h');
    expect(code).toBe(0);
  });

  test('passes on why the engine did not start', async () => {
    const refusal = play('end: 1h', () => {
      throw new Error('the file is not good');
    });
    await expect(refusal).rejects.toThrow('the file is not good');
  });
});

describe('a simulation.yml', () => {
  test.each([
    ['an unknown key', 'speeed: 3', 'speeed'],
    ['a bare number for a duration', 'end: 14', 'end'],
    ['an event that does not exist', 'expect: [{ event: webhok }]', 'expect'],
    ['text that is not YAML', 'at: [', 'simulation.yml'],
  ])('with %s is refused by name', (_fault, text, named) => {
    expect(() => parseSimulation(text, 'simulation.yml')).toThrow(
      expect.objectContaining({ code: 'SIMULATION_MALFORMED', message: expect.stringContaining(named) }),
    );
  });
});
