import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Duration, RealClock } from '@devicerc/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { manager, TestClient } from '../bus/test-client.fixture.js';
import { EngineProcess } from '../engine/engine-process.fixture.js';
import { restoreKernelTime, setKernelSynchronized } from './kernel-time.js';
import { machineObstacle, startMachine, type Machine } from './machine.js';

const rules = `version: 1
plugins: [{ use: "@devicerc/plugin-dbus" }]
streams:
  crash: { from: systemd.unit, with: { unit: crash.service } }
  ntp:
    from: dbus.properties
    with:
      destination: org.freedesktop.timedate1
      path: /org/freedesktop/timedate1
      properties: { NTP: b, NTPSynchronized: b }
      poll: 200ms
rules:
  restart-a-failing-unit:
    on: [{ start: }]
    then: [{ do: systemd.restart, with: { unit: crash.service } }]
    catch: [{ do: log, with: { message: "restart: \${{ error.code }}, \${{ error.message }}" } }]
  see-it-fail:
    when: crash.active == 'failed' && crash.result == 'exit-code'
    then: [{ do: log, with: { message: "crash.service is \${{ crash.active }}" } }]
  reboot-when-unsynced:
    when: "!ntp.NTPSynchronized"
    for: 1s
    limit: { runs: 1, per: 24h }
    then: [{ do: host.reboot }]
`;

const obstacle = await machineObstacle();
const inMachine = obstacle ? describe.skip : describe;

inMachine(`a machine with a real systemd as PID 1${obstacle ? ` (left out: ${obstacle})` : ''}`, () => {
  let clock: RealClock;
  let machine: Machine;

  beforeAll(async () => {
    clock = new RealClock();
    machine = await startMachine({
      clock,
      files: { '/etc/systemd/system/crash.service': '[Service]\nType=oneshot\nExecStart=/bin/false\n' },
    });
  }, 180_000);

  afterAll(async () => {
    await restoreKernelTime();
    await machine.stop();
    clock.dispose();
  });

  test('has a system bus outside of it on which its systemd answers', async () => {
    const client = await TestClient.connect(machine.busAddress);
    const unit = await client.call({ ...manager, member: 'LoadUnit', signature: 's', body: ['crash.service'] });
    client.close();
    expect(unit).toBe('/org/freedesktop/systemd1/unit/crash_2eservice');
  });

  test.each([true, false])('reads NTPSynchronized %s from the kernel', async (synchronized) => {
    await setKernelSynchronized(synchronized);
    await expect(ntpSynchronized(machine.busAddress)).resolves.toBe(`b ${synchronized}`);
  });

  describe('under rules', () => {
    let engine: EngineProcess;
    beforeAll(async () => {
      await setKernelSynchronized(true);
      engine = await EngineProcess.start(rules, machine.busAddress, clock);
    });
    afterAll(() => engine.stop());

    test('a restart of a failing unit reports the failure of its job', async () => {
      await expect(engine.says(/restart: \w+, [^"]*/)).resolves.toMatch(/SYSTEMD_JOB_FAILED.*crash\.service/);
    });

    test('systemd.unit sees the unit fail', async () => {
      await expect(engine.says(/crash\.service is \w+/)).resolves.toBe('crash.service is failed');
    });

    test('the rule fires when the flag of the kernel flips, not before, and the machine really reboots', async () => {
      const before = await machine.bootId();
      expect(engine.output).not.toMatch(/host\.reboot/);
      await setKernelSynchronized(false);
      await untilRebooted(machine, before, clock);
      await setKernelSynchronized(true);
      await machine.running();
      expect(await machine.bootId()).not.toBe(before);
    }, 60_000);

    test('after the reboot its state is read again, and the engine ends in order', async () => {
      await engine.says(/Signals sent in between were missed/);
      await expect(ntpSynchronized(machine.busAddress)).resolves.toBe('b true');
      expect(await engine.stop()).toBe(0);
    }, 60_000);
  });

  test('reboots for real: a new boot id, and the bus is back', async () => {
    const before = await machine.bootId();
    expect(before).toMatch(/^[0-9a-f-]{36}$/);
    const client = await TestClient.connect(machine.busAddress);
    await client.call({ ...manager, member: 'Reboot' });
    client.close();
    await untilRebooted(machine, before, clock);
    await machine.running();
    expect(await machine.bootId()).not.toBe(before);
  }, 60_000);
});

async function ntpSynchronized(busAddress: string): Promise<string> {
  const property = ['org.freedesktop.timedate1', '/org/freedesktop/timedate1', 'org.freedesktop.timedate1'];
  const { stdout } = await promisify(execFile)('busctl', [
    `--address=${busAddress}`,
    'get-property',
    ...property,
    'NTPSynchronized',
  ]);
  return stdout.trim();
}

async function untilRebooted(machine: Machine, before: string | undefined, clock: RealClock): Promise<void> {
  for (;;) {
    const bootId = await machine.bootId();
    if (bootId !== undefined && bootId !== before) return;
    await clock.sleep(Duration.parse('50ms'), 'poll of the boot id');
  }
}
