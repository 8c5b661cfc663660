import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PrivateBus } from './bus/private-bus.fixture.js';

const program = resolve(import.meta.dirname, '../../core/bin/devicerc.js');

let folder: string;
let bus: PrivateBus;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'devicerc-doctor-'));
  bus = await PrivateBus.start();
});
afterEach(async () => {
  await bus.dispose();
  await rm(folder, { recursive: true });
});

/** The built program on a file whose bus is named by the plugin's option only. */
async function doctor(
  options: readonly string[],
  secrets: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; out: string }> {
  const file = join(folder, '.devicerc.yml');
  await writeFile(
    file,
    `version: 1
plugins: [{ use: "@devicerc/plugin-dbus", with: { address: "${bus.address}" } }]
streams:
  daemon: { from: dbus.name, with: { name: org.freedesktop.DBus } }
  ntp: { from: dbus.properties, with: { destination: org.example.Time, path: /time, properties: { NTP: b } } }
rules:
  r: { when: daemon.owned && ntp.NTP && device.load.oneMinute > 0.0, then: [{ do: log, with: { message: hi } }] }
`,
  );
  // As in a container: the standard socket would not be the bus of the host.
  const { DBUS_SYSTEM_BUS_ADDRESS: _, ...variables } = process.env;
  const env = { ...variables, ...secrets, NODE_OPTIONS: '', BALENA: '1' };
  const child = spawn(process.execPath, [program, 'doctor', file, ...options], { env, timeout: 60_000 });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out };
}

test('devicerc doctor takes the bus that the file names, and says which state cannot be read on it, and why', async () => {
  const { code, out } = await doctor(['--json']);
  const findings = JSON.parse(out) as { name: string; met: boolean; detail: string; neededBy?: string[] }[];
  expect(findings.map(({ name, met }) => [name, met])).toEqual([
    ['dbus-socket', true],
    ['daemon', true],
    ['ntp', false],
    ['device', true],
  ]);
  expect(findings[0]).toMatchObject({
    detail: `${bus.address}: it is the plugin's option address`,
    neededBy: ['dbus.name', 'dbus.properties'],
  });
  expect(findings[2]!.detail).toMatch(/^It is lost: .*org\.example\.Time/);
  expect(code).toBe(1);
  await bus.kill();
  const without = await doctor([], { EXAMPLE_TOKEN: bus.socket });
  expect(without.out).toContain(`missing  The system bus of the host is within reach.
         it is the plugin's option address, but *** is not a socket
good     The state of device can be read.
         It is ok.

docker-compose.yml, under the service:
    environment:`);
  expect(without.out).not.toContain('ntp');
  expect(without.code).toBe(1);
}, 120_000);
