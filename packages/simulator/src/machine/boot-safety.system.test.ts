import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Duration, RealClock } from '@devicerc/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { manager, TestClient } from '../bus/test-client.fixture.js';
import { machineObstacle, startMachine, type Machine } from './machine.js';

const obstacle = await machineObstacle();
const inMachine = obstacle ? describe.skip : describe;
const program = resolve(import.meta.dirname, '../../../core/dist');
const manyBoots = process.env['DEVICERC_PROVE'] ? 10 : 2;

const service = `[Unit]
After=dbus.service
[Service]
Environment=DEVICERC_STATE=/state
ExecStart=/usr/bin/node /devicerc/devicerc.js run /state/device.yml --log json
StandardOutput=append:/state/log
StandardError=append:/state/log
`;

interface BootLine {
  readonly boot: number;
  readonly reason: string;
}

interface Setting {
  readonly limit?: string;
  readonly reboots: number;
  readonly uptime?: string;
}

inMachine(`an engine as a service of a real systemd${obstacle ? ` (left out: ${obstacle})` : ''}`, () => {
  let clock: RealClock;
  let folder: string;
  let machine: Machine | undefined;

  beforeAll(() => {
    clock = new RealClock();
  });
  afterAll(() => clock.dispose());

  beforeEach(async () => {
    folder = await mkdtemp('/var/tmp/devicerc-state-');
  });
  afterEach(async () => {
    await machine?.stop();
    await rm(folder, { recursive: true });
  });

  test(`whose rule reboots ${manyBoots} times tells the rule at each boot`, async () => {
    await start({ limit: 'limit: { runs: 50, per: 24h }', reboots: manyBoots, uptime: '6m' });
    await until(async () => (await boots()).length > manyBoots);
    expect(await boots()).toEqual([
      { boot: 1, reason: 'first' },
      ...Array.from({ length: manyBoots }, (_, index) => ({ boot: index + 2, reason: 'requested' })),
    ]);
  }, 180_000);

  test('whose rule without a limit would reboot for ever stops after three reboots', async () => {
    await start({ reboots: 1_000, uptime: '11m' });
    await until(async () => (await boots()).length === 4);
    await clock.sleep(Duration.parse('4s'), 'a boot in which nothing happens');
    expect(await boots()).toHaveLength(4);
    expect((await boots()).at(-1)).toMatchObject({ reason: 'requested' });
  }, 180_000);

  test('tells a reboot by somebody else from a power cut', async () => {
    await start({ reboots: 0 });
    await until(async () => (await boots()).length === 1);
    const client = await TestClient.connect(machine!.busAddress);
    await client.call({ ...manager, member: 'Reboot' });
    client.close();
    await until(async () => (await boots()).length === 2);
    await machine!.cutPower();
    machine!.powerOn();
    await until(async () => (await boots()).length === 3);
    expect(await boots()).toEqual([
      { boot: 1, reason: 'first' },
      { boot: 2, reason: 'external' },
      { boot: 3, reason: 'power-cut' },
    ]);
  }, 180_000);

  test('whose rule would reboot for ever ends in safe mode after five short boots', async () => {
    await start({ limit: 'limit: { runs: 50, per: 24h }', reboots: 1_000 });
    await until(async () => (await log()).includes('SAFE_MODE'));
    expect(await boots()).toHaveLength(6);
  }, 180_000);

  /** A machine whose rule reboots at each start of the engine, while there were fewer boots than that. */
  async function start({ limit = '', reboots, uptime = '0s' }: Setting): Promise<void> {
    await writeFile(
      join(folder, 'device.yml'),
      `version: 1
plugins: [{ use: "@devicerc/plugin-dbus" }]
rules:
  again:
    on: [{ boot: }]
    if: event.number <= ${reboots}
    ${limit}
    then: [{ do: host.reboot }]
`,
    );
    machine = await startMachine({
      clock,
      uptime: Duration.parse(uptime),
      files: {
        '/etc/systemd/system/devicerc.service': service,
        '/etc/systemd/system/multi-user.target.d/devicerc.conf': '[Unit]\nWants=devicerc.service\n',
      },
      shared: { '/state': folder, '/devicerc': program, '/usr/bin/node': process.execPath },
    });
  }

  async function log(): Promise<string> {
    return readFile(join(folder, 'log'), 'utf8').catch(() => '');
  }

  async function boots(): Promise<readonly BootLine[]> {
    const lines = (await log()).split('\n').filter((line) => line.includes('"boot":') && line.endsWith('}'));
    return lines.map((line) => JSON.parse(line) as BootLine).map(({ boot, reason }) => ({ boot, reason }));
  }

  async function until(condition: () => Promise<boolean>): Promise<void> {
    for (let round = 0; round < 600 && !(await condition()); round++) {
      await clock.sleep(Duration.parse('100ms'), 'poll of the log');
    }
  }
});
