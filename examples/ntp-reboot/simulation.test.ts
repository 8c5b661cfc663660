import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const program = resolve(import.meta.dirname, '../../packages/core/bin/devicerc.js');

test('the simulated device tells the webhook, reboots once and comes back, and the program ends with 0', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ntp-reboot-'));
  cpSync(import.meta.dirname, folder, { recursive: true });
  const simulation = join(folder, 'simulation.yml');
  writeFileSync(simulation, readFileSync(simulation, 'utf8').replace('speed: 60 ', 'speed: 120 '));
  // A failure to end with 0 rejects.
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, 'run', join(folder, '.devicerc.yml'), '--simulate'],
    { env: { ...process.env, NODE_OPTIONS: '' } },
  );
  rmSync(folder, { recursive: true });
  expect(stdout.match(/as expected/g)).toHaveLength(3);
}, 60_000);
