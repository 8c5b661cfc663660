import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const built = resolve(import.meta.dirname, '../../dist');

test('a device, which carries no simulator, says how to get one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'devicerc-device-'));
  try {
    const program = join(folder, 'engine/devicerc.mjs');
    mkdirSync(join(folder, 'engine'));
    copyFileSync(join(built, 'devicerc.js'), program);
    copyFileSync(join(built, 'plugin-hooks.js'), join(folder, 'engine/plugin-hooks.js'));
    writeFileSync(join(folder, '.devicerc.yml'), 'version: 1\nrules: {}\n');
    const env = { ...process.env, NODE_OPTIONS: '' };
    const run = spawnSync(process.execPath, [program, 'run', '--simulate'], { cwd: folder, env, encoding: 'utf8' });
    expect(run).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^SIMULATOR_MISSING: .*\n {2}Type `npm install --save-dev @devicerc\/simulator`/),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
