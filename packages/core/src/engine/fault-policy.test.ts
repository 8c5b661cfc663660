import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { eventually } from '../clock/eventually.fixture.js';
import { installFaultPolicy } from './fault-policy.js';

const program = resolve(import.meta.dirname, '../../bin/devicerc.js');

/** Its stream fails twice after it was opened, where no caller can catch it. */
const plugin = `import { definePlugin, eventStream, z } from '@devicerc/core';
import { NEVER } from 'rxjs';

class Late {
  open() {
    setTimeout(() => { throw new Error('thrown by a timer'); }, 50);
    setTimeout(() => void Promise.reject(new Error('a promise that nobody awaits')), 100);
    return NEVER;
  }
}
eventStream({ name: 'late', summary: 'Fails late.', value: z.object({}) })(Late);

export default definePlugin({ name: 'late', api: '^1.0.0', streams: [Late] });
`;

const file = `version: 1
plugins: [{ use: ./late.js }]
rules:
  beat: { on: [{ schedule: { every: 100ms } }], then: [{ do: log, with: { message: beat } }] }
  bad: { on: [{ late: }], then: [{ do: log, with: { message: never } }] }
`;

test('what a plugin throws where nobody can catch it is attributed in the log, and the other rules go on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'devicerc-fault-'));
  writeFileSync(join(folder, 'late.js'), plugin);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, '.devicerc.yml'), file);
  const child = spawn(process.execPath, [program, 'run', join(folder, '.devicerc.yml'), '--log', 'json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', DEVICERC_STATE: join(folder, 'state') },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const lines = (): { message: string; plugin?: string }[] =>
    output
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { message: string });
  await eventually(() => /thrown by a timer/.test(output) && /nobody awaits/.test(output));
  const before = lines().filter(({ message }) => message === 'beat').length;
  await eventually(() => lines().filter(({ message }) => message === 'beat').length > before + 2);
  const faults = lines().filter(({ message }) => /caught by nobody/.test(message));
  expect(faults.map((line) => line.plugin)).toEqual(['./late.js', './late.js']);
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  rmSync(folder, { recursive: true });
  expect(code).toBe(0);
}, 60_000);

test('a fault of the engine itself asks for the end, so that a restart can help', () => {
  const log = new RecordingLogger();
  const host = new EventEmitter();
  let asked = 0;
  const uninstall = installFaultPolicy(host, { log, pluginOf: () => undefined, onEngineFault: () => (asked += 1) });
  host.emit('uncaughtException', new Error('no idea'));
  uninstall();
  host.emit('uncaughtException', new Error('too late'));
  expect(asked).toBe(1);
  expect(log.messages).toEqual([expect.stringContaining('no idea')]);
});
