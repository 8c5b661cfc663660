import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { ContainerFacts } from '../host/container-facts.js';
import type { HostEnvironment } from '../host/host-environment.js';
import { ProcessHost } from '../host/process-host.js';
import { valueTypeOf, type z } from '../schemas/schema.js';
import { Lost } from '../streams/reading.js';
import { streamDescriptionOf } from '../streams/stream.js';
import { ClockPoller } from '../streams/clock-poller.js';
import { DeviceStream } from './device-stream.js';

const every = Duration.parse('30s');
const realHost = new ProcessHost();

async function firstReading(host: HostEnvironment, clock = new VirtualClock()): Promise<unknown> {
  const stream = new DeviceStream(clock, host, new ContainerFacts(host), new ClockPoller(clock, () => 0));
  return new Promise((resolve) => {
    const subscription = stream.open({ every }).subscribe((value) => {
      queueMicrotask(() => subscription.unsubscribe());
      resolve(value);
    });
  });
}

describe('the stream device', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'device-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('has an uptime that compares with durations only', () => {
    const type = valueTypeOf(streamDescriptionOf(DeviceStream)!.value as z.ZodType);
    expect(type).toMatchObject({ fields: { uptime: { type: { kind: 'duration' } } } });
  });

  test('reads the machine it runs on, by its own schema', async () => {
    const reading = (await firstReading(realHost, new VirtualClock({ boottime: 5_000 }))) as Record<string, unknown>;
    expect(streamDescriptionOf(DeviceStream)!.value).toMatchObject({});
    expect((streamDescriptionOf(DeviceStream)!.value as { parse(value: unknown): unknown }).parse(reading)).toEqual(
      reading,
    );
    expect(reading).toMatchObject({
      hostname: hostname(),
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      uptime: Duration.parse('5s'),
    });
    expect((reading['memory'] as { available: number }).available).toBeGreaterThan(1024 * 1024);
  });

  test.each([
    ['BALENA_', { uuid: 'cb6f', appId: 157270, supervisorPort: 48484, hostOsVersion: 'balenaOS 2.20.0', arch: 'rpi' }],
    ['RESIN_', { uuid: 'cb6f', appId: 157270, supervisorPort: 48484, hostOsVersion: 'balenaOS 2.20.0', arch: 'rpi' }],
  ])('reads the variables with the prefix %s', async (prefix, expected) => {
    const variables = {
      [`${prefix}DEVICE_UUID`]: 'cb6f',
      [`${prefix}APP_ID`]: '157270',
      [`${prefix}SUPERVISOR_PORT`]: '48484',
      [`${prefix}HOST_OS_VERSION`]: 'balenaOS 2.20.0',
      [`${prefix}DEVICE_ARCH`]: 'rpi',
    };
    expect(await firstReading({ ...realHost, variables })).toMatchObject(expected);
  });

  test('tells that there is an API key, never the key', async () => {
    const variables = { BALENA: '1', BALENA_SUPERVISOR_API_KEY: '1111deadbeef2222' };
    const reading = await firstReading({ ...realHost, variables });
    expect(reading).toMatchObject({ balena: true, supervisorApi: true, balenaApi: false });
    expect(JSON.stringify(reading)).not.toContain('deadbeef');
  });

  test('takes the hottest thermal zone in °C and passes over one that does not answer', async () => {
    for (const [zone, text] of [
      ['thermal_zone0', '41500\n'],
      ['thermal_zone1', '63200\n'],
      ['cooling_device0', '9'],
    ]) {
      mkdirSync(join(folder, 'class/thermal', zone!), { recursive: true });
      writeFileSync(join(folder, 'class/thermal', zone!, 'temp'), text!);
    }
    mkdirSync(join(folder, 'class/thermal/thermal_zone2'));
    expect(await firstReading({ ...realHost, sysPath: folder })).toMatchObject({ temperature: 63.2 });
  });

  test('has no temperature on a machine without thermal zones', async () => {
    expect(await firstReading({ ...realHost, sysPath: folder })).not.toHaveProperty('temperature');
  });

  test('takes the name from the system where procfs hides it', async () => {
    mkdirSync(join(folder, 'sys/kernel/random'), { recursive: true });
    for (const name of ['loadavg', 'meminfo', 'sys/kernel/random/boot_id']) {
      writeFileSync(join(folder, name), readFileSync(join('/proc', name)));
    }
    expect(await firstReading({ ...realHost, procPath: folder })).toMatchObject({ hostname: hostname() });
  });

  test('is lost, with the reason, where procfs is missing', async () => {
    const reading = await firstReading({ ...realHost, procPath: folder });
    expect(reading).toBeInstanceOf(Lost);
    expect((reading as Lost).reason).toContain(folder);
  });

  test('counts the uptime on between two readings', async () => {
    const clock = new VirtualClock({ boottime: 1_000 });
    const latest = (await firstReading(realHost, clock)) as never;
    await clock.advance(Duration.parse('10s'));
    expect(
      new DeviceStream(clock, realHost, new ContainerFacts(realHost), new ClockPoller(clock, () => 0)).sample(
        { every },
        latest,
      ).uptime,
    ).toEqual(Duration.parse('11s'));
  });
});
