import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';

const program = resolve(import.meta.dirname, '../../bin/devicerc.js');

const rules = `version: 1
rules:
  door:
    on: [{ custom: { event: door } }]
    then:
      - choose:
          - { if: event.data == 1, then: [{ do: log, with: { message: "<one>" } }] }
          - { else: [{ do: log, with: { message: other } }] }
    catch: [{ do: log, with: { message: failed } }]
  never:
    on: [{ custom: { event: never } }]
    then: [{ do: log, with: { message: never } }]
`;
const test1 = (message: string): string => `
  - name: opens the door
    at: [{ t: 1m, emit: { custom: { event: door, data: 1 } } }, { t: 2m, end: true }]
    expect: [{ action: log, with: { message: "${message}" }, times: 1 }]
`;

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'devicerc-test-'));
  file = join(folder, '.devicerc.yml');
});
beforeEach(() => writeFileSync(file, `${rules}tests:${test1('<one>')}`));
afterAll(() => rmSync(folder, { recursive: true }));

const environment = { ...process.env, NODE_OPTIONS: '' };

function devicerc(...options: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [program, 'test', ...options], { cwd: folder, env: environment });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((ended) => child.on('close', (code) => ended({ code, output })));
}

describe('devicerc test', () => {
  test('plays the tests of the file that it finds, and tells what no test covers', async () => {
    const { code, output } = await devicerc();
    expect(code).toBe(0);
    expect(output).toMatch(/pass {2}opens the door/);
    expect(output).toMatch(/never ran {4}never {2}\.devicerc\.yml:10:/);
    expect(output).toMatch(/never taken {2}then\[0\]\.choose\[1\] of door/);
    expect(output).toMatch(/never taken {2}catch of door/);
    expect(output).toMatch(/1 passed, 0 failed/);
  });

  test('shows what happened beside what was expected, with its place, and ends with 1', async () => {
    writeFileSync(file, `${rules}tests:${test1('two')}`);
    const { code, output } = await devicerc();
    expect(code).toBe(1);
    expect(output).toMatch(/\.devicerc\.yml:16:14 {2}expected log .*two.*, once, but it did not run so; it did at 1m/);
    expect(output).toMatch(/1m {2}door runs: event custom/);
    expect(output).toMatch(/✗ log/);
    expect(output).not.toMatch(/ {4}at .*\.js:\d+/);
  });

  test('writes JSON and JUnit XML', async () => {
    writeFileSync(file, `${rules}tests:${test1('<two>')}`);
    const report = join(folder, 'report.xml');
    const { output } = await devicerc('--json', '--junit', report);
    expect(JSON.parse(output)).toMatchObject({
      passed: 0,
      failed: 1,
      tests: [{ name: 'opens the door', line: 14, passed: false, failures: [{ line: 16 }] }],
      coverage: {
        rules: [
          { rule: 'door', fired: true },
          { rule: 'never', fired: false },
        ],
      },
    });
    const xml = readFileSync(report, 'utf8');
    expect(xml).toContain('tests="1" failures="1"');
    expect(xml).toContain('&lt;two&gt;');
  });

  test('tells how the tests went, and that the report has no place, where --junit names none', async () => {
    const { code, output } = await devicerc('--junit', join(folder, 'gone', 'report.xml'));
    expect(output).toContain('1 passed, 0 failed');
    expect(output).toMatch(/ARGUMENT_MALFORMED: The report of --junit cannot be written: ENOENT/);
    expect(code).toBe(2);
  });

  test('plays what stands in NAME.test.yml beside the file, and only what the filter fits', async () => {
    writeFileSync(join(folder, 'more.test.yml'), `tests:${test1('<one>').replace('opens', 'shuts')}`);
    const all = await devicerc();
    const some = await devicerc('--filter', 'shuts');
    const none = await devicerc('--filter', 'nothing of this name');
    rmSync(join(folder, 'more.test.yml'));
    expect(all.output).toMatch(/2 passed/);
    expect(some.output).toMatch(/shuts the door[^]*1 passed/);
    expect(none.code).toBe(2);
  });

  test.each([
    [
      'an unknown action',
      test1('x').replace('action: log', 'action: lgo'),
      /\.devicerc\.yml:16:\d+ error.*lgo[^]*\^\^\^/,
    ],
    [
      'a value that the schema does not take',
      test1('x').replace('event: door,', 'event: 5,'),
      /"event" of an event of "custom"/,
    ],
    [
      'an expectation after the end',
      test1('x').replace('times: 1', 'between: [1h, 2h]'),
      /after the end of the test \(2m\)/,
    ],
    ['an expression that does not compile', test1('x').replace('times: 1', 'where: input.mesage == "x"'), /mesage/],
    [
      'a file to reload that is not there',
      test1('x').replace('end: true', 'reload: gone.yml'),
      /There is no file .*gone\.yml/,
    ],
  ])('shows %s with its place, and ends with 78', async (_what, tests, message) => {
    writeFileSync(file, `${rules}tests:${tests}`);
    const { code, output } = await devicerc();
    expect(output).toMatch(message);
    expect(code).toBe(78);
  });

  test('shows at its beginning that a test file says of no device file, where there is none by default', async () => {
    const alone = mkdtempSync(join(tmpdir(), 'devicerc-test-'));
    writeFileSync(join(alone, 'pump.yml'), rules);
    writeFileSync(join(alone, 'pump.test.yml'), `tests:${test1('<one>')}`);
    const { code, output } = await devicerc(join(alone, 'pump.yml'), '--json');
    rmSync(alone, { recursive: true });
    expect({ code, output: JSON.parse(output) as unknown }).toMatchObject({
      code: 78,
      output: {
        diagnostics: [
          { code: 'CONFIG_NOT_FOUND', range: { file: join(alone, 'pump.test.yml'), start: { line: 1, column: 1 } } },
        ],
      },
    });
  });

  test('says so when there are no tests, and ends with 1', async () => {
    writeFileSync(file, rules);
    const { code, output } = await devicerc();
    expect({ code, output }).toEqual({ code: 1, output: expect.stringMatching(/There are no tests/) });
  });

  test.each([
    ['the file changes', [], () => appendFileSync(file, test1('<one>').replace('opens', 'shuts'))],
    ['a NAME.test.yml comes beside it', [], () => addTestFile()],
    ['a report could not be written', ['--junit', join('gone', 'report.xml')], () => addTestFile()],
  ])(
    'plays them again when %s, until Ctrl-C',
    async (_what, options, change) => {
      const child = spawn(process.execPath, [program, 'test', '--watch', ...options], {
        cwd: folder,
        env: environment,
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const ended = new Promise((resolveEnd) => child.on('close', resolveEnd));
      try {
        await eventually(() => output.includes('Waiting for a change'), { within: Duration.parse('30s') });
        change();
        await eventually(() => output.includes('2 passed'), { within: Duration.parse('30s') });
      } finally {
        child.kill('SIGINT');
        rmSync(join(folder, 'more.test.yml'), { force: true });
      }
      expect(await ended).toBe(0);
    },
    60_000,
  );

  function addTestFile(): void {
    writeFileSync(join(folder, 'more.test.yml'), `tests:${test1('<one>').replace('opens', 'shuts')}`);
  }
});
