import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Duration, RealClock, ScaledClock } from '@devicerc/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Variant } from 'dbus-next';
import { filter, firstValueFrom } from 'rxjs';
import { manager, TestClient } from '../bus/test-client.fixture.js';
import { startSimulatedDevice, type SimulatedDevice } from './simulated-device.js';
import type { SimulatedEvent } from './simulated-event.js';

const execute = promisify(execFile);

/** The reply to GetAll in the balena documentation, "Checking if device time is NTP synchronized". */
const recordedProperties: readonly (readonly [name: string, type: string])[] = [
  ['Timezone', 'string'],
  ['LocalRTC', 'boolean'],
  ['CanNTP', 'boolean'],
  ['NTP', 'boolean'],
  ['NTPSynchronized', 'boolean'],
  ['TimeUSec', 'uint64'],
  ['RTCTimeUSec', 'uint64'],
];

const timedate = {
  destination: 'org.freedesktop.timedate1',
  path: '/org/freedesktop/timedate1',
  interface: 'org.freedesktop.DBus.Properties',
} as const;

let outside: RealClock;
let device: SimulatedDevice;
let client: TestClient;

beforeEach(async () => {
  outside = new RealClock();
  device = await startSimulatedDevice({
    clock: new ScaledClock(outside, 100),
    uptime: Duration.parse('2h'),
    networkTime: { NTP: true, NTPSynchronized: false },
    units: {
      'web.service': { description: 'Web server', active: true },
      'broken.service': { description: 'Exits at once', active: false, fails: true },
    },
  });
  client = await TestClient.connect(busAddress());
});

afterEach(async () => {
  client.close();
  await device.stop();
  outside.dispose();
});

describe('timedated of a simulated device', () => {
  test('answers dbus-send with the properties and the types that the documentation shows', async () => {
    const { stdout } = await execute('dbus-send', [
      `--bus=${busAddress()}`,
      '--print-reply',
      '--dest=org.freedesktop.timedate1',
      '/org/freedesktop/timedate1',
      'org.freedesktop.DBus.Properties.GetAll',
      'string:org.freedesktop.timedate1',
    ]);
    const answered = [...stdout.matchAll(/string "(\w+)"\s+variant\s+(\w+) /g)].map(([, name, type]) => [name, type]);
    expect(answered).toEqual(recordedProperties);
  });

  test('tells of a change of NTP by a signal, and of NTPSynchronized only when it is asked', async () => {
    await client.matchAllSignals();
    device.setNtp({ NTPSynchronized: true });
    device.setNtp({ NTP: false });
    await expect(property('NTPSynchronized')).resolves.toBe(true);
    const changes = client.signals.filter(({ member }) => member === 'PropertiesChanged');
    expect(changes.map(({ body }) => Object.keys(body[1] as object))).toEqual([['NTP']]);
  });

  test('shows the device synchronised to its own clock as well', () => {
    expect(device.clock.wall().synchronized).toBe(false);
    device.setNtp({ NTPSynchronized: true });
    expect(device.clock.wall().synchronized).toBe(true);
  });
});

describe('a reboot of a simulated device', () => {
  test.each([
    ['systemd1', { ...manager, member: 'Reboot' }],
    [
      'login1',
      {
        destination: 'org.freedesktop.login1',
        path: '/org/freedesktop/login1',
        interface: 'org.freedesktop.login1.Manager',
        member: 'Reboot',
        signature: 'b',
        body: [false],
      },
    ],
  ])('by %s is answered, takes the bus down, and ends in a new boot', async (_service, call) => {
    const before = device.bootId;
    expect(bootIdFile()).toBe(before);
    const story: SimulatedEvent['kind'][] = [];
    const watching = device.events.subscribe(({ kind }) => story.push(kind));
    const back = next('booted');

    await client.call(call);
    await back;

    watching.unsubscribe();
    expect(story).toEqual(['reboot-requested', 'shutting-down', 'down', 'booted']);
    expect(device.bootId).not.toBe(before);
    expect(bootIdFile()).toBe(device.bootId);
    expect(device.bootCount).toBe(2);
    expect(Number(procFile('uptime').split(' ')[0])).toBeLessThan(60);
    const afterwards = await TestClient.connect(busAddress());
    await expect(
      afterwards.call({ ...timedate, member: 'GetAll', signature: 's', body: [timedate.destination] }),
    ).resolves.toHaveProperty('NTPSynchronized.value', false);
    afterwards.close();
  });

  test('is announced by logind before it happens', async () => {
    await client.matchAllSignals();
    const goingDown = next('shutting-down');
    await client.call({ ...manager, member: 'Reboot' });
    await goingDown;
    expect(client.signals.map(({ member }) => member)).toContain('PrepareForShutdown');
  });

  test('asked for twice happens once', async () => {
    const back = next('booted');
    await Promise.all([client.call({ ...manager, member: 'Reboot' }), client.call({ ...manager, member: 'Reboot' })]);
    await back;
    expect(device.bootCount).toBe(2);
  });
});

test('a simulated device that is powered off stays down, without a bus', async () => {
  const down = next('down');
  await client.call({ ...manager, member: 'PowerOff' });
  await down;
  expect(device.host.variables['DBUS_SYSTEM_BUS_ADDRESS']).toBeUndefined();
  expect(device.bootCount).toBe(1);
});

test('a simulated device takes webhooks at the address of its secret', async () => {
  const received = next('webhook');
  await fetch(device.host.variables['DEVICERC_SECRET_HOOK']!, { method: 'POST', body: '{"text":"No NTP"}' });
  await expect(received).resolves.toMatchObject({ body: { text: 'No NTP' } });
});

test('the uptime of a simulated device goes on with its clock', async () => {
  const uptime = (): number => Number(procFile('uptime').split(' ')[0]);
  const first = uptime();
  expect(first).toBeGreaterThanOrEqual(7200);
  while (uptime() < first + 10) await outside.sleep(Duration.parse('10ms'), 'poll of the uptime');
});

describe('systemd of a simulated device', () => {
  test.each([
    ['web.service', 'done', 'active'],
    ['broken.service', 'failed', 'failed'],
  ])('restarts %s: its job is removed with the result %s and the unit is %s', async (unit, result, state) => {
    await client.matchAllSignals();
    const job = await client.call({ ...manager, member: 'RestartUnit', signature: 'ss', body: [unit, 'replace'] });
    const path = (await client.call({ ...manager, member: 'GetUnit', signature: 's', body: [unit] })) as string;
    const states = await client.call({
      ...timedate,
      destination: manager.destination,
      path,
      member: 'GetAll',
      signature: 's',
      body: ['org.freedesktop.systemd1.Unit'],
    });
    const removed = client.signals.find(({ member }) => member === 'JobRemoved');
    expect(removed?.body.slice(1)).toEqual([job, unit, result]);
    expect(states).toHaveProperty('ActiveState.value', state);
  });

  test('refuses a unit that does not exist in the words of the real one', async () => {
    await expect(
      client.call({ ...manager, member: 'StartUnit', signature: 'ss', body: ['none.service', 'replace'] }),
    ).rejects.toMatchObject({ type: 'org.freedesktop.systemd1.NoSuchUnit', text: 'Unit none.service not found.' });
  });

  test('escapes a unit in its object path as sd_bus_path_encode does', async () => {
    await expect(client.call({ ...manager, member: 'LoadUnit', signature: 's', body: ['web.service'] })).resolves.toBe(
      '/org/freedesktop/systemd1/unit/web_2eservice',
    );
  });
});

test('nothing of a simulated device is left after it was stopped', async () => {
  await device.stop();
  expect(existsSync(device.host.rootPath)).toBe(false);
});

function busAddress(): string {
  return device.host.variables['DBUS_SYSTEM_BUS_ADDRESS']!;
}

function next(kind: SimulatedEvent['kind']): Promise<SimulatedEvent> {
  return firstValueFrom(device.events.pipe(filter((event) => event.kind === kind)));
}

async function property(name: string): Promise<unknown> {
  const call = { ...timedate, member: 'Get', signature: 'ss', body: [timedate.destination, name] };
  return ((await client.call(call)) as Variant).value;
}

function procFile(name: string): string {
  return readFileSync(join(device.host.procPath, name), 'utf8').trim();
}

function bootIdFile(): string {
  return procFile('sys/kernel/random/boot_id');
}
