import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';

const program = resolve(import.meta.dirname, '../../bin/devicerc.js');
const stopKey = '\u0013';
const goOnKey = '\u0011';

/** Prints past the log, as libraries do, and lets Node warn. */
const printingPlugin = `
import { action, definePlugin, z } from '@devicerc/core';
class Print {
  async run() {
    console.log('printed'.padEnd(5_000, '.'));
    process.emitWarning('warned'.padEnd(5_000, '.'));
  }
}
action({ name: 'printer.print', summary: 'Prints.', effects: [], input: z.object({}) })(Print);
export default definePlugin({ name: 'printer', api: '^1.0.0', actions: [Print] });
`;

let folder: string;
let terminal: ChildProcess;
let shown: string;

const path = (name: string): string => join(folder, name);
const contentOf = (name: string): string => readFileSync(path(name), 'utf8').trim();
const beats = (): number => statSync(path('beats'), { throwIfNoEntry: false })?.size ?? 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'devicerc-terminal-'));
  shown = '';
  const steps = [
    `{ do: log, with: { message: "beat ${'.'.repeat(5_000)}" } }`,
    '{ do: printer.print }',
    `{ do: exec, with: { command: [sh, -c, "echo beat >> ${path('beats')}"] } }`,
  ];
  writeFileSync(path('printer.js'), printingPlugin);
  writeFileSync(
    path('.devicerc.yml'),
    `version: 1\nplugins: [{ use: ./printer.js }]\nrules: { beat: { on: [{ schedule: { every: 100ms } }], then: [${steps.join(', ')}] } }\n`,
  );
  // The kernel ends it, whatever becomes of the test.
  const engine = `ulimit -t 30; echo $$ > ${path('pid')}; exec ${process.execPath} ${program} run ${path('.devicerc.yml')}`;
  writeFileSync(path('run.sh'), `sh -c '${engine}'\necho $? > ${path('code')}\n`);
  terminal = spawn('script', ['--quiet', '--flush', '--command', `sh ${path('run.sh')}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '', DEVICERC_STATE: path('state'), DEVICERC_RUNTIME: path('r') },
  });
  terminal.stdout!.on('data', (chunk: Buffer) => (shown += chunk.toString()));
  await eventually(() => beats() > 0, { within: Duration.parse('20s') });
});
afterEach(() => {
  if (!existsSync(path('code'))) process.kill(Number(contentOf('pid')), 'SIGKILL');
  terminal.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

describe.each([
  ['was stopped with Ctrl-S', () => terminal.stdin!.write(stopKey), () => terminal.stdin!.write(goOnKey)],
  ['nobody reads', () => terminal.kill('SIGSTOP'), () => terminal.kill('SIGCONT')],
])('run on a terminal that %s', (_name, stop, goOn) => {
  test('goes on with its rules, shows the log again when it is read, and ends with code 0 on SIGTERM', async () => {
    stop();
    const before = beats();
    // Far more than a pseudo terminal keeps.
    await eventually(() => beats() > before + 5 * 40, { within: Duration.parse('30s') });
    const shownBefore = shown.length;
    goOn();
    await eventually(() => shown.length > shownBefore + 200_000);
    stop();
    const again = beats();
    await eventually(() => beats() > again + 5 * 40, { within: Duration.parse('30s') });
    process.kill(Number(contentOf('pid')), 'SIGTERM');
    await eventually(() => contentOf('code') === '0', { within: Duration.parse('8s') });
  }, 120_000);
});
