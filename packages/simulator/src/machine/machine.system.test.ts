import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Duration, RealClock } from '@devicerc/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { manager, TestClient } from '../bus/test-client.fixture.js';
import { restoreKernelTime, setKernelSynchronized } from './kernel-time.js';
import { machineObstacle, startMachine, type Machine } from './machine.js';

const obstacle = await machineObstacle();
const inMachine = obstacle ? describe.skip : describe;

inMachine(`a machine with a real systemd as PID 1${obstacle ? ` (left out: ${obstacle})` : ''}`, () => {
  let clock: RealClock;
  let machine: Machine;

  beforeAll(async () => {
    clock = new RealClock();
    machine = await startMachine({
      clock,
      files: { '/etc/systemd/system/crash.service': '[Service]\nType=exec\nExecStart=/bin/false\n' },
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
