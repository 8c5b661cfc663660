import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { RealClock } from '../clock/real-clock.js';

const program = resolve(import.meta.dirname, '../../bin/devicerc.js');
const limit = Duration.parse('8s');

/** Name servers that take each question and answer none. */
const silentServersPlugin = `
import { createSocket } from 'node:dgram';
import { definePlugin } from '@devicerc/core';
for (const address of ['127.0.0.53', '127.0.0.54', '127.0.0.55']) {
  createSocket('udp4', () => console.log('asked for the name')).bind(53, address);
}
export default definePlugin({ name: 'silent', api: '^1.0.0' });
`;

/** Reads of a pipe that nobody writes to, as of a file system that does not answer: more than there are threads. */
const hungReadsPlugin = `
import { readFile } from 'node:fs';
import { definePlugin } from '@devicerc/core';
for (let reads = 0; reads < 6; reads++) readFile(new URL('pipe', import.meta.url), () => undefined);
console.log('reads hang');
export default definePlugin({ name: 'silent', api: '^1.0.0' });
`;

let folder: string;
let child: ChildProcess | undefined;
let log: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'devicerc-hung-'));
  log = '';
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

function start(plugin: string, rules: string, ...prefix: readonly string[]): void {
  writeFileSync(join(folder, 'silent.js'), plugin);
  const file = join(folder, '.devicerc.yml');
  writeFileSync(file, `version: 1\nplugins: [{ use: ./silent.js }]\nrules:\n${rules}`);
  const [command = '', ...words] = [...prefix, process.execPath, program, 'run', file, '--log', 'json'];
  child = spawn(command, words, {
    env: { PATH: process.env['PATH'], DEVICERC_STATE: join(folder, 'state'), DEVICERC_RUNTIME: join(folder, 'run') },
  });
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text) => (log += String(text)));
}

/** Between SIGTERM and the end, in milliseconds. */
async function stop(): Promise<{ readonly took: number; readonly how: unknown }> {
  const clock = new RealClock();
  const closed = once(child!, 'close');
  const asked = clock.boottime();
  child!.kill('SIGTERM');
  const how = await closed;
  return { took: clock.boottime() - asked, how };
}

const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

asRoot('with three name servers that do not answer (a network of its own needs root)', () => {
  test('SIGTERM ends the process in time, with code 0, while a message waits for its name', async () => {
    const resolvers = join(folder, 'resolv.conf');
    writeFileSync(resolvers, '127.0.0.53 127.0.0.54 127.0.0.55'.replace(/\S+/g, 'nameserver $&\n'));
    const network = `ip link set lo up && mount --bind ${resolvers} /etc/resolv.conf && exec "$@"`;
    // A name of this machine, as far as routes matter: the network of the test has none.
    const rule = `  tell:
    on: [{ start: {} }]
    then: [{ do: notify.webhook, with: { url: 'http://hook.localhost/' } }]
`;
    start(silentServersPlugin, rule, 'unshare', '--net', '--mount', 'sh', '-c', network, 'sh');
    await eventually(() => log.includes('asked for the name'));
    const { took, how } = await stop();
    expect({ how, log }).toMatchObject({ how: [0, null], log: expect.stringContaining('Stopping: SIGTERM') });
    expect(took).toBeLessThan(limit.milliseconds);
  });
});

test('SIGTERM ends the process in time, with code 0, while calls of a plugin hang in all threads', async () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  start(hungReadsPlugin, '  idle: { on: [{ start: {} }], then: [{ do: log, with: { message: hi } }] }\n');
  await eventually(() => log.includes('reads hang'));
  const { took, how } = await stop();
  expect({ how, log }).toMatchObject({ how: [0, null], log: expect.stringContaining('Stopping: SIGTERM') });
  expect(took).toBeLessThan(limit.milliseconds);
});
