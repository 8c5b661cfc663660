import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RunningEngine } from './running-engine.fixture.js';

const program = resolve(import.meta.dirname, '../../bin/devicerc.js');
/** Colours of a terminal, and the same as one character of eight bits (ECMA-48: CSI). */
const hostile = 'x\u001b[31m\u009b31my';
const rules = '{ a: { on: [{ start: {} }], then: [{ do: log, with: { message: hi } }] } }';
const failing = '[{ name: none, at: [{ t: 1s, end: true }], expect: [{ action: exec }] }]';

let folder: string;
let good: string;
let bad: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'devicerc-words-')), hostile);
  mkdirSync(folder);
  good = join(folder, 'good.yml');
  bad = join(folder, 'bad.yml');
  writeFileSync(good, `version: 1\nrules: ${rules}\ntests: ${failing}\n`);
  writeFileSync(bad, 'version: 1\nrules: { a: { whn: 1 } }\n');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

function run(...words: readonly string[]): string {
  const environment = { ...process.env, NODE_OPTIONS: '', DEVICERC_RUNTIME: folder, DEVICERC_STATE: folder };
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...words], { cwd: folder, env: environment });
  return `${stdout.toString()}${stderr.toString()}`;
}

const commands: readonly (readonly [string, () => readonly string[]])[] = [
  ['an unknown command', () => [hostile]],
  ['an unknown option', () => ['check', `--${hostile}`]],
  ['a choice', () => ['safe-mode', hostile]],
  ['a boot', () => ['trace', '--boot', hostile]],
  ['a duration', () => ['trace', '--boot', '0', '--last', hostile]],
  ['a run with a boot', () => ['trace', hostile, '--boot', '0']],
  ['JSON', () => ['emit', 'door', hostile]],
  ['an expression', () => ['eval', `'${hostile}' + 1`]],
  ['a value', () => ['eval', 'a', '--given', JSON.stringify({ a: hostile })]],
  ['a missing file', () => ['check', `${hostile}.yml`]],
  ['a filter', () => ['test', good, '--filter', hostile]],
  ['a report', () => ['test', good, '--junit', join(hostile, 'missing')]],
  ['the folder of a good file', () => ['check', good]],
  ['the folder of a bad file', () => ['check', bad]],
  ['the folder of a bad file, as JSON', () => ['check', bad, '--json']],
  ['the folder of a test', () => ['test', good]],
  ['the folder of a test, as JSON', () => ['test', good, '--json']],
  ['the folder of the socket', () => ['status']],
  ['the folder of the socket, for health', () => ['health']],
  ['the folder of the socket, for health as JSON', () => ['health', '--json']],
  ['the folder of a file that doctor reads', () => ['doctor', bad]],
];

test.each(commands)('%s with control characters moves no terminal', (_name, words) => {
  const printed = run(...words());
  expect(printed.length).toBeGreaterThan(0);
  expect(printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test('a rule and an event with control characters, which a running engine gets, move no terminal', async () => {
  const engine = new RunningEngine();
  try {
    await engine.start('  a: { on: [{ start: {} }], then: [{ do: log, with: { message: hi } }] }\n');
    for (const words of [
      ['why', hostile],
      ['try', hostile],
      ['trace', hostile],
      ['emit', hostile],
    ]) {
      const { out, error } = await engine.ask(...words);
      expect(`${out}${error}`).toContain('\\u001b[31m\\u009b31m');
      expect(`${out}${error}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }
    await engine.stop();
  } finally {
    engine.remove();
  }
}, 60_000);
