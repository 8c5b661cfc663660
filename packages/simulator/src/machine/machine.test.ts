import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RealClock } from '@devicerc/core';
import { expect, test } from '@jest/globals';
import { Machine } from './machine.js';

const built = pathToFileURL(resolve(import.meta.dirname, '../../dist/machine/machine.js'));

test('where its programs are not installed, no machine is started, and the error says why and what to do', () => {
  const program = `
    import('${built}')
      .then(({ startMachine }) => startMachine({}))
      .catch(({ code, message, remedy }) => console.log(JSON.stringify({ code, message, remedy })));
  `;
  const env = { ...process.env, NODE_OPTIONS: '', PATH: '/nonexistent' };
  const printed = execFileSync(process.execPath, ['-e', program], { env, encoding: 'utf8' });
  expect(JSON.parse(printed)).toEqual({
    code: 'MACHINE_UNAVAILABLE',
    // Who is not root could use none of the programs.
    message: expect.stringMatching(
      /^No machine container can be started: (systemd-nspawn is not installed|it needs root)/,
    ),
    remedy: expect.stringContaining('setup-debian.sh --test'),
  });
});

test('a machine that ends before it has booted fails with the last lines of its console', async () => {
  const clock = new RealClock();
  const folder = mkdtempSync(join(tmpdir(), 'devicerc-machine-'));
  const machine = new Machine({ clock }, folder, [`--directory=${join(folder, 'no-such-root')}`, '--boot']);
  machine.powerOn();
  const message = expect.stringMatching(/^The machine did not boot\. Its console:\n\S/);
  await expect(machine.running()).rejects.toMatchObject({ code: 'MACHINE_FAILED', message });
  await machine.stop();
  clock.dispose();
  rmSync(folder, { recursive: true, force: true });
});
