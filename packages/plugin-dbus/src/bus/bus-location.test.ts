import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ProbeResult } from '@devicerc/core';
import { busOptions } from '../options.js';
import { systemBus } from '../system-bus.js';
import { PlainHost } from './bus-client.fixture.js';
import { locateBus } from './bus-location.js';

const mounted = '/host/run/dbus/system_bus_socket';
const oldMounted = '/host_run/dbus/system_bus_socket';
const standard = '/run/dbus/system_bus_socket';

describe('where the system bus is', () => {
  let root: string;
  const servers: Server[] = [];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'devicerc-root-'));
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await rm(root, { recursive: true, force: true });
  });

  async function socketAt(path: string): Promise<void> {
    await mkdir(dirname(root + path), { recursive: true });
    const server = createServer().listen(root + path);
    servers.push(server);
    await once(server, 'listening');
  }

  async function fileAt(path: string, content = ''): Promise<void> {
    await mkdir(dirname(root + path), { recursive: true });
    await writeFile(root + path, content);
  }

  function probe(host: PlainHost, options?: Record<string, string>): Promise<ProbeResult> {
    return systemBus.probe(host, { options: options && busOptions.parse(options), parameters: {} });
  }

  async function addressOf(host: PlainHost, option?: string): Promise<string | undefined> {
    const location = await locateBus(option, host);
    return 'address' in location ? location.address.replace(root, '') : undefined;
  }

  test('the option comes before the environment, and that before every socket', async () => {
    await socketAt(mounted);
    const host = new PlainHost(root, { DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/from/variable' });
    expect(await addressOf(host, 'unix:path=/from/option')).toBe('unix:path=/from/option');
    expect(await addressOf(host)).toBe('unix:path=/from/variable');
  });

  test("the new Supervisor's socket comes before the old one's, and both before the standard one", async () => {
    await socketAt(standard);
    await socketAt(oldMounted);
    expect(await addressOf(new PlainHost(root))).toBe(`unix:path=${oldMounted}`);
    await socketAt(mounted);
    expect(await addressOf(new PlainHost(root))).toBe(`unix:path=${mounted}`);
  });

  test('outside of a container the standard socket is taken', async () => {
    await socketAt(standard);
    expect(await addressOf(new PlainHost(root))).toBe(`unix:path=${standard}`);
  });

  test.each<[string, Record<string, string>, string, string]>([
    ['BALENA is set', { BALENA: '1' }, '/etc/hostname', ''],
    ['the runtime says container', { container: 'podman' }, '/etc/hostname', ''],
    ['/.dockerenv exists', {}, '/.dockerenv', ''],
    ['/run/.containerenv exists', {}, '/run/.containerenv', ''],
    ['the control group says so', {}, '/proc/1/cgroup', '0::/docker/abc'],
  ])(
    'in a container, where %s, the standard socket is not the one of the host',
    async (_sign, variables, file, content) => {
      await socketAt(standard);
      await fileAt(file, content);
      const location = await locateBus(undefined, new PlainHost(root, variables));
      expect(location).toMatchObject({
        missing: expect.stringContaining('this is a container'),
        remedy: expect.stringContaining("io.balena.features.dbus: '1'"),
      });
    },
  );

  test('a plain file in the place of a socket is passed over', async () => {
    await fileAt(mounted);
    expect(await addressOf(new PlainHost(root))).toBeUndefined();
  });

  test.each([
    ['1.6.9', 'unix:path=/host_run/dbus/system_bus_socket', 'io.resin.features.dbus'],
    ['7.21.4', 'unix:path=/host/run/dbus/system_bus_socket', 'io.resin.features.dbus'],
    ['7.22.0', 'unix:path=/host/run/dbus/system_bus_socket', 'io.balena.features.dbus'],
    ['16.1.0', 'unix:path=/host/run/dbus/system_bus_socket', 'io.balena.features.dbus'],
  ])('doctor prints the compose lines that Supervisor %s takes', async (version, address, label) => {
    const host = new PlainHost(root, { BALENA: '1', BALENA_SUPERVISOR_VERSION: version });
    const result = await probe(host);
    expect(result).toMatchObject({
      met: false,
      compose: `environment:\n  DBUS_SYSTEM_BUS_ADDRESS: ${address}\nlabels:\n  ${label}: '1'`,
    });
  });

  test('doctor sees a socket that is there, and an address that names none', async () => {
    await socketAt(mounted);
    expect(await probe(new PlainHost(root))).toMatchObject({ met: true });
    const host = new PlainHost(root, { DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nowhere' });
    expect(await probe(host)).toMatchObject({ met: false, detail: expect.stringContaining('/nowhere') });
    const malformed = new PlainHost(root, { DBUS_SYSTEM_BUS_ADDRESS: 'nonsense' });
    expect(await probe(malformed)).toMatchObject({ met: false, detail: expect.stringContaining('nonsense') });
  });

  test('doctor looks at the address that the file gives the plugin, and takes that for the bus', async () => {
    await socketAt('/run/bus-of-the-file');
    const address = `unix:path=${root}/run/bus-of-the-file`;
    const inContainer = new PlainHost(root, { BALENA: '1' });
    expect(await probe(inContainer, { address })).toEqual({
      met: true,
      detail: `${address}: it is the plugin's option address`,
    });
    await socketAt(mounted);
    expect(await probe(inContainer, { address: 'unix:path=/nowhere' })).toMatchObject({
      met: false,
      detail: "it is the plugin's option address, but /nowhere is not a socket",
    });
  });
});
