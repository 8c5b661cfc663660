import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Duration, RealClock } from '@devicerc/core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { manager, TestClient } from '../bus/test-client.fixture.js';
import { machineObstacle, startMachine, type Machine } from './machine.js';

const obstacle = await machineObstacle();
const inMachine = obstacle ? describe.skip : describe;
const program = resolve(import.meta.dirname, '../../../core/dist');

const service = `[Unit]
After=dbus.service
[Service]
Environment=DEVICERC_STATE=/state
ExecStart=/usr/bin/node /devicerc/devicerc.js run /state/device.yml --log json
Restart=always
RestartSec=1
StandardOutput=append:/state/log
StandardError=append:/state/log
`;

const rules = `version: 1
plugins: [{ use: "@devicerc/plugin-dbus" }, { use: ./supervisor.mjs }]
rules:
  again:
    on: [{ boot: }]
    if: event.number == 1
    limit: { runs: 50, per: 24h }
    then: [{ do: device.reboot }]
`;

/** A control that is asked before systemd, writes that down, and has no effect of its own. */
const supervisor = (answer: string): string => `
import { appendFileSync } from 'node:fs';
import { definePlugin, errorsOf, powerControl, PowerControl } from '@devicerc/core';

const { error } = errorsOf({
  SUPERVISOR_ABSENT: { summary: 'It is not there.', remedy: 'Nothing.' },
  SUPERVISOR_LOCKED: { summary: 'Updates are locked.', remedy: 'Nothing.' },
});
class Supervisor extends PowerControl {
  async available() { return { available: true }; }
  async reboot() {
    appendFileSync('/state/calls', 'supervisor ');
    ${answer}
  }
  async shutdown() {}
}
powerControl({ name: 'supervisor', summary: 'A test.', rank: 10, unreachable: ['SUPERVISOR_ABSENT'] })(Supervisor);
export default definePlugin({ name: 'supervisor', api: '^1.0.0', powerControls: [Supervisor] });
`;

const accepts = '';
const isAbsent = "throw error('SUPERVISOR_ABSENT', 'It is not there.');";
const isLocked = "throw error('SUPERVISOR_LOCKED', 'Updates are locked.');";

/** Whoever asks systemd for a reboot is refused by the bus, as by a policy of the host. */
const refusedBySystemd = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><policy context="mandatory">
<deny send_destination="org.freedesktop.systemd1" send_interface="org.freedesktop.systemd1.Manager" send_member="Reboot"/>
</policy></busconfig>
`;

inMachine(`power controls of a real machine${obstacle ? ` (left out: ${obstacle})` : ''}`, () => {
  let clock: RealClock;
  let devices: Device[] = [];

  beforeAll(() => {
    clock = new RealClock();
  });
  afterAll(() => clock.dispose());
  afterEach(async () => {
    await Promise.all(devices.map((device) => device.end()));
    devices = [];
  });

  async function boot(answer: string, files: Readonly<Record<string, string>> = {}): Promise<Device> {
    const device = await Device.boot(clock, answer, files);
    devices.push(device);
    return device;
  }

  test('the second one is asked once, at once, where the first one is not reached', async () => {
    const device = await boot(isAbsent);
    await device.until(async () => (await device.boots()).length === 2);
    await device.pass('4s');
    expect(await device.boots()).toEqual(['first', 'requested']);
    expect(await device.calls()).toEqual(['supervisor', 'systemd']);
  }, 180_000);

  test('none is asked after one that says no', async () => {
    const device = await boot(isLocked);
    await device.until(async () => (await device.log()).includes('was blocked'));
    await device.pass('4s');
    expect(await device.boots()).toEqual(['first']);
    expect(await device.calls()).toEqual(['supervisor']);
  }, 180_000);

  test('logind is not asked after a systemd that says no', async () => {
    const device = await boot(isAbsent, { '/etc/dbus-1/system.d/refused.conf': refusedBySystemd });
    await device.until(async () => (await device.log()).includes('was blocked'));
    await device.pass('4s');
    expect(await device.boots()).toEqual(['first']);
    expect(await device.calls()).toEqual(['supervisor', 'systemd']);
    expect(await device.log()).toContain('DBUS_ACCESS_DENIED');
  }, 180_000);

  test('the second one is asked once when the first one is lost after 90 s, by the next engine too after an orderly stop, and not at all after a kill', async () => {
    const [untouched, restarted, killed] = await Promise.all([boot(accepts), boot(accepts), boot(accepts)]);
    const all = [untouched, restarted, killed];
    for (const device of all) await device.until(async () => (await device.calls()).length === 1);
    await untouched.pass('10s');
    await restarted.ask('RestartUnit', 'ss', ['devicerc.service', 'replace']);
    await killed.ask('KillUnit', 'ssi', ['devicerc.service', 'main', 9]);
    await untouched.pass('70s');
    for (const device of all) expect(await device.calls()).toEqual(['supervisor']);
    for (const device of [untouched, restarted]) await device.until(async () => (await device.boots()).length === 2);
    await killed.until(async () => (await killed.log()).includes('device.reboot of again is lost'));
    await untouched.pass('4s');
    for (const device of [untouched, restarted]) {
      expect(await device.boots()).toEqual(['first', 'requested']);
      expect(await device.calls()).toEqual(['supervisor', 'systemd']);
    }
    expect(await killed.boots()).toEqual(['first']);
    expect(await killed.calls()).toEqual(['supervisor']);
    expect(await killed.log()).toContain('RUN_INTERRUPTED');
  }, 300_000);
});

/** A machine whose engine reboots it in its first boot. */
class Device {
  private constructor(
    private readonly clock: RealClock,
    private readonly folder: string,
    private readonly machine: Machine,
  ) {}

  static async boot(clock: RealClock, answer: string, files: Readonly<Record<string, string>>): Promise<Device> {
    const folder = await mkdtemp('/var/tmp/devicerc-state-');
    await writeFile(join(folder, 'device.yml'), rules);
    await writeFile(join(folder, 'supervisor.mjs'), supervisor(answer));
    const machine = await startMachine({
      clock,
      files: {
        '/etc/systemd/system/devicerc.service': service,
        '/etc/systemd/system/multi-user.target.d/devicerc.conf': '[Unit]\nWants=devicerc.service\n',
        ...files,
      },
      shared: { '/state': folder, '/devicerc': program, '/usr/bin/node': process.execPath },
    });
    return new Device(clock, folder, machine);
  }

  /** The controls that were asked over all boots, in order: what the first one wrote, and what the engine says of the others. */
  async calls(): Promise<readonly string[]> {
    const supervisor = await readFile(join(this.folder, 'calls'), 'utf8').catch(() => '');
    const others = [...(await this.log()).matchAll(/(systemd|logind) is asked for a reboot/g)].map(([, name]) => name!);
    return [...supervisor.split(' ').filter(Boolean), ...others];
  }

  /** How each boot came about, as the log says. */
  async boots(): Promise<readonly string[]> {
    const lines = (await this.log()).split('\n').filter((line) => line.includes('"boot":') && line.endsWith('}'));
    return lines.map((line) => (JSON.parse(line) as { readonly reason: string }).reason);
  }

  async log(): Promise<string> {
    return readFile(join(this.folder, 'log'), 'utf8').catch(() => '');
  }

  /** Calls a method of its systemd. */
  async ask(member: string, signature: string, body: unknown[]): Promise<void> {
    const client = await TestClient.connect(this.machine.busAddress);
    await client.call({ ...manager, member, signature, body });
    client.close();
  }

  pass(time: string): Promise<void> {
    return this.clock.sleep(Duration.parse(time), 'the world outside');
  }

  async until(condition: () => Promise<boolean>): Promise<void> {
    for (let round = 0; round < 1_200 && !(await condition()); round++) await this.pass('100ms');
  }

  async end(): Promise<void> {
    await this.machine.stop();
    await rm(this.folder, { recursive: true });
  }
}
