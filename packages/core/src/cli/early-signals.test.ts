import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../clock/eventually.fixture.js';

const program = resolve(import.meta.dirname, '../../bin/devicerc.js');

/** Loads until it is let go. */
const slowPlugin = `
import { existsSync, writeFileSync } from 'node:fs';
import { definePlugin } from '@devicerc/core';
writeFileSync(new URL('loads', import.meta.url), '');
while (!existsSync(new URL('go', import.meta.url))) await new Promise((resolve) => setTimeout(resolve, 5));
export default definePlugin({ name: 'slow', api: '^1.0.0' });
`;

let folder: string;
let child: ChildProcess;
let log: string;

const file = `version: 1
plugins: [{ use: ./slow.js }]
rules: { greet: { on: [{ start: {} }], then: [{ do: log, with: { message: hi } }] } }
`;
const path = (name: string): string => join(folder, name);

describe('an engine whose plugins are still being loaded', () => {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'devicerc-signals-'));
    writeFileSync(path('slow.js'), slowPlugin);
    writeFileSync(path('.devicerc.yml'), file);
    log = '';
    child = spawn(process.execPath, [program, 'run', path('.devicerc.yml'), '--log', 'json'], {
      env: { PATH: process.env['PATH'], DEVICERC_STATE: path('state'), DEVICERC_RUNTIME: path('run') },
    });
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text) => (log += String(text)));
    await eventually(() => existsSync(path('loads')));
  });
  afterEach(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  test('stops at SIGTERM, with code 0, and does not wait for them', async () => {
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
    expect(log).toContain('Stopping: SIGTERM');
  });

  test('keeps a SIGHUP, and reads the file again as soon as it runs', async () => {
    child.kill('SIGHUP');
    // The signal is handled before the file that lets the plugin go is seen: signals come first in a turn of the event loop.
    writeFileSync(path('go'), '');
    await eventually(() => log.includes('Reloaded'));
  });
});
