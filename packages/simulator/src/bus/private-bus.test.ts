import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PrivateBus } from './private-bus.js';
import { ServiceConnection } from './service-connection.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'devicerc-private-bus-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('where no dbus-daemon is installed, the error says how to install it', async () => {
  await expect(PrivateBus.start(folder, ['/nonexistent/dbus-daemon'])).rejects.toMatchObject({
    code: 'BUS_DAEMON_MISSING',
    remedy: expect.stringContaining('apt-get install dbus'),
  });
});

test('the first program that exists is taken', async () => {
  const bus = await PrivateBus.start(folder, ['/nonexistent/dbus-daemon', 'dbus-daemon']);
  const connection = await ServiceConnection.open(bus.address);
  await connection.flush();
  connection.close();
  await bus.stop();
});

test('a daemon that cannot open its socket fails with its own words', async () => {
  mkdirSync(join(folder, 'system_bus_socket'));
  const message = expect.stringMatching(/^dbus-daemon ended with code 1: \S/);
  await expect(PrivateBus.start(folder)).rejects.toMatchObject({ code: 'BUS_DAEMON_FAILED', message });
});

test('a host service that finds no bus at the address says so', async () => {
  const address = `unix:path=${join(folder, 'system_bus_socket')}`;
  const message = expect.stringContaining(address);
  await expect(ServiceConnection.open(address)).rejects.toMatchObject({ code: 'BUS_CONNECTION_FAILED', message });
});
