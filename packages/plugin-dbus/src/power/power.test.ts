import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceError } from '@devicerc/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { testClient, type TestClient } from '../bus/bus-client.fixture.js';
import { PrivateBus } from '../bus/private-bus.fixture.js';
import { TestPeer, type Answer } from '../bus/test-peer.fixture.js';
import { unreachable } from './host-call.js';
import { LogindPower } from './logind-power.js';
import { SystemdPower } from './systemd-power.js';

let daemon: PrivateBus;
let client: TestClient;
const { signal } = new AbortController();

beforeEach(async () => {
  daemon = await PrivateBus.start();
  client = testClient(daemon.address);
});
afterEach(async () => {
  client.dispose();
  await daemon.dispose();
});

const controls = [
  ['org.freedesktop.systemd1', SystemdPower, []],
  ['org.freedesktop.login1', LogindPower, [false]],
] as const;

describe.each(controls)('the power control of %s', (service, Control, args) => {
  const control = (bus = client.bus) => new Control(bus, client.log);

  test('calls Reboot and PowerOff, and accepts what is answered', async () => {
    const peer = await TestPeer.join(daemon.socket, service);
    await control().reboot(signal);
    await control().shutdown(signal);
    expect(peer.calls.map(({ member, body }) => [member, body])).toEqual([
      ['Reboot', args],
      ['PowerOff', args],
    ]);
    peer.leave();
  });

  test('is available while its service is on the bus, and calls nothing for it', async () => {
    expect(await control().available(signal)).toEqual({
      available: false,
      reason: `${service} is not on the system bus`,
    });
    const peer = await TestPeer.join(daemon.socket, service);
    expect(await control().available(signal)).toEqual({ available: true });
    expect(peer.calls).toEqual([]);
    peer.leave();
  });

  test('is not available without a bus, and says so within the time that it has', async () => {
    await daemon.kill();
    await expect(control().available(signal)).rejects.toMatchObject({ code: 'DBUS_UNAVAILABLE' });
  }, 20_000);

  test.each<[string, string]>([
    ['org.freedesktop.DBus.Error.UnknownMethod', 'unreachable'],
    ['org.freedesktop.DBus.Error.UnknownObject', 'unreachable'],
    ['org.freedesktop.DBus.Error.Spawn.ChildExited', 'unreachable'],
    ['org.freedesktop.DBus.Error.AccessDenied', 'blocked'],
    ['org.freedesktop.DBus.Error.InteractiveAuthorizationRequired', 'blocked'],
    ['org.freedesktop.login1.OperationInProgress', 'blocked'],
    ['org.freedesktop.login1.BlockedByInhibitorLock', 'blocked'],
    ['org.freedesktop.systemd1.UnitMasked', 'blocked'],
  ])('takes the answer %s for: %s', async (error, meaning) => {
    const peer = await TestPeer.join(daemon.socket, service, () => ({ error, body: ['no'] }));
    expect(await meaningOf(control().reboot(signal))).toBe(meaning);
    peer.leave();
  });

  test('is unreachable without its service', async () => {
    expect(await meaningOf(control().reboot(signal))).toBe('unreachable');
  });

  test('is unreachable without a bus', async () => {
    await daemon.kill();
    const impatient = testClient(daemon.address, { 'call-timeout': '300ms' });
    expect(await meaningOf(control(impatient.bus).reboot(signal))).toBe('unreachable');
    impatient.dispose();
  });

  test('leaves open whether it was heard where no answer comes', async () => {
    const peer = await TestPeer.join(daemon.socket, service, () => undefined);
    const impatient = testClient(daemon.address, { 'call-timeout': '300ms' });
    expect(await meaningOf(control(impatient.bus).reboot(signal))).toBe('uncertain');
    impatient.dispose();
    peer.leave();
  });

  test.each<[string, (peer: TestPeer) => unknown]>([
    ['the bus', () => daemon.kill()],
    ['the service', (peer) => peer.leave()],
  ])('has accepted a call during which %s goes away', async (_what, end) => {
    const answer = (): Answer | undefined => {
      end(peer);
      return undefined;
    };
    const peer = await TestPeer.join(daemon.socket, service, answer);
    expect(await meaningOf(control().reboot(signal))).toBe('accepted');
    peer.leave();
  });
});

test('logind may be started by the bus; systemd is there or not, whatever the bus says', async () => {
  const services = join(daemon.folder, 'services');
  mkdirSync(services);
  for (const name of ['org.freedesktop.systemd1', 'org.freedesktop.login1']) {
    writeFileSync(join(services, `${name}.service`), `[D-BUS Service]\nName=${name}\nExec=/bin/false\n`);
  }
  const other = await PrivateBus.start(`<servicedir>${services}</servicedir>`);
  const bus = testClient(other.address);
  const isAvailable = [new SystemdPower(bus.bus, bus.log), new LogindPower(bus.bus, bus.log)].map((control) =>
    control.available(signal),
  );
  expect((await Promise.all(isAvailable)).map(({ available }) => available)).toEqual([false, true]);
  bus.dispose();
  await other.dispose();
});

/** What the core makes of the end of a request. */
async function meaningOf(request: Promise<void>): Promise<string> {
  try {
    await request;
    return 'accepted';
  } catch (error) {
    if (!(error instanceof DeviceError)) return 'no error of the table';
    if (error.isUncertain) return 'uncertain';
    return unreachable.includes(error.code) ? 'unreachable' : 'blocked';
  }
}
