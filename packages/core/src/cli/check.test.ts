import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { malformedFrom } from '../config/malformed.fixture.js';

const program = resolve(import.meta.dirname, '../../bin/devicerc.js');
const good = await readFile(join(import.meta.dirname, 'check.fixture.yml'), 'utf8');
const malformed = malformedFrom(good);
/** The whole set takes minutes; the plain suite takes every so manieth. */
const chosen = process.env['DEVICERC_PROVE']
  ? malformed
  : malformed.filter((_file, index) => index % Math.ceil(malformed.length / 16) === 0);

interface Ending {
  readonly code: number | null;
  readonly output: string;
  /** Of the processor, so that a busy machine makes no difference. */
  readonly seconds: number;
}

/** Runs the command, then tells the time of its children in the form of times(1p). */
const timed = '"$@"; code=$?; times; exit $code';

describe('devicerc check, the built program', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'devicerc-cli-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  /** A test file beside the device file of the test. */
  async function beside(name: string, text: string): Promise<void> {
    await writeFile(join(folder, name), text);
  }

  async function check(text: string, file = join(folder, '.devicerc.yml')): Promise<Ending> {
    await writeFile(file, text);
    const child = spawn('sh', ['-c', timed, 'sh', process.execPath, program, 'check', file], {
      env: { ...process.env, NODE_OPTIONS: '' },
      timeout: 20_000,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise<number | null>((done) => child.once('close', done));
    const [, user, system] = /(\d+\.\d+)s \d+m(\d+\.\d+)s\s*$/.exec(output)!;
    return { code, output, seconds: Number(user) + Number(system) };
  }

  test('ends with 0 for a good file', async () => {
    const { code, output } = await check(good);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('is good: 4 rules.') });
  });

  describe('reads each NAME.test.yml beside the file', () => {
    const tests = (expect: string): string =>
      `tests:\n  - name: t\n    at: [{ t: 1m, end: true }]\n    expect: ${expect}\n`;
    afterEach(async () => {
      for (const name of ['a.test.yml', 'b.test.yml']) await rm(join(folder, name), { force: true });
    });

    test('and finds nothing to say of good ones', async () => {
      await beside('a.test.yml', tests('[{ no: exec }]'));
      expect(await check(good)).toMatchObject({ code: 0, output: expect.stringMatching(/is good: 4 rules\.\n/) });
    });

    test('and tells what `devicerc test` would, at its place', async () => {
      await beside('a.test.yml', tests('[{ no: exce }]'));
      await beside('b.test.yml', 'test: []\n');
      const { code, output } = await check(good);
      expect(code).toBe(78);
      expect(output).toMatch(/a\.test\.yml:4:20 error .*exce.* \[ACTION_UNKNOWN\]/);
      expect(output).toMatch(/b\.test\.yml:1:1 error .*"test".* \[KEY_UNKNOWN\]/);
      expect(output).toMatch(/is good: 4 rules\. The test files beside it have \d errors\.\n/);
    });

    test('also where the file itself has errors, so that all are told at once', async () => {
      await beside('a.test.yml', tests('[{ no: exce }, { no: exec }]'));
      const { code, output } = await check(good.replace('rules:', 'rulez: {}\nrules:'));
      expect(code).toBe(78);
      expect(output.match(/"rulez".* \[KEY_UNKNOWN\]/g)).toHaveLength(1);
      expect(output).toMatch(/a\.test\.yml:4:20 error .*exce.* \[ACTION_UNKNOWN\]/);
      expect(output).toMatch(/\.devicerc\.yml has 1 error\. The test files beside it have 1 error\.\n/);
    });

    test('and tells of a device file that one names and that is not there', async () => {
      await beside('a.test.yml', `file: missing.yml\n${tests('[]')}`);
      const { code, output } = await check(good);
      expect({ code, output }).toEqual({
        code: 78,
        output: expect.stringMatching(/missing\.yml:1:1 error .*CONFIG_NOT_FOUND/),
      });
    });

    test('and tells of one that says of no device file, where there is none by default, beside all else', async () => {
      const alone = await mkdtemp(join(tmpdir(), 'devicerc-cli-'));
      await writeFile(join(alone, 'pump.test.yml'), `${tests('[{ no: exec }]')}test: []\n`);
      const { code, output } = await check(good, join(alone, 'pump.yml'));
      await rm(alone, { recursive: true });
      expect(code).toBe(78);
      expect(output).toMatch(/pump\.test\.yml:1:1 error .*There is no \.devicerc\.yml.* \[CONFIG_NOT_FOUND\]/);
      expect(output).toContain('Write `file:`');
      expect(output).toMatch(/pump\.test\.yml:5:1 error .*"test".* \[KEY_UNKNOWN\]/);
      expect(output).toMatch(/pump\.yml is good: 4 rules\. The test files beside it have 2 errors\.\n/);
    });
  });

  test.each(['check', 'test', 'run', 'doctor', 'schema'])(
    'ends with 78 where there is no file, as %s does',
    async (command) => {
      const nowhere = await mkdtemp(join(tmpdir(), 'devicerc-cli-'));
      const { status, stderr, stdout } = spawnSync(process.execPath, [program, command], {
        cwd: nowhere,
        env: { ...process.env, NODE_OPTIONS: '', DEVICERC_STATE: nowhere, DEVICERC_RUNTIME: nowhere },
        encoding: 'utf8',
        timeout: 20_000,
      });
      await rm(nowhere, { recursive: true });
      expect({ status, output: stdout + stderr }).toEqual({
        status: 78,
        output: expect.stringContaining('CONFIG_NOT_FOUND'),
      });
    },
  );

  const condition = (text: string): string =>
    `version: 1\nrules:\n  deep:\n    when: ${JSON.stringify(text)}\n    then: [{ do: log, with: { message: hi } }]\n`;
  const message = (text: string): string =>
    `version: 1\nrules:\n  deep:\n    when: clock.synchronized\n    then: [{ do: log, with: { message: ${text} } }]\n`;
  const lists = `${'['.repeat(2_000)}${']'.repeat(2_000)}`;

  test.each<[string, string, string, RegExp]>([
    ['! in a condition', '.devicerc.yml', condition(`${'!'.repeat(10_000)}true`), /:4:\d+ error .*TOO_COMPLEX/],
    ['- in a condition', '.devicerc.yml', condition(`${'-'.repeat(10_000)}1 > 0`), /:4:\d+ error .*TOO_COMPLEX/],
    ['a chain of fields', '.devicerc.yml', condition(`clock${'.a'.repeat(100_000)}`), /:4:\d+ error .*TOO_COMPLEX/],
    ['! in ${{ }}', '.devicerc.yml', message(`"\${{ ${'!'.repeat(10_000)}true }}"`), /:5:\d+ error .*TOO_COMPLEX/],
    ['lists in YAML', '.devicerc.yml', message(lists), /:5:\d+ error .*CONFIG_TOO_DEEP/],
    ['lists in JSON', '.devicerc.json', `{ "version": 1,\n"rules": ${lists} }`, /:2:\d+ error .*CONFIG_TOO_DEEP/],
    [
      'a package.json',
      'package.json',
      `{ "device": { "version": 1,\n"rules": ${lists} } }`,
      /:2:\d+ .*CONFIG_TOO_DEEP/,
    ],
    [
      'options of a plugin',
      'plugin.yml',
      `version: 1\nplugins:\n  - { use: ./p.mjs, with: ${lists} }\n`,
      /:3:\d+ .*TOO_DEEP/,
    ],
    ['a test file', 'deep.test.yml', `tests: ${lists}\n`, /deep\.test\.yml:1:\d+ error .*CONFIG_TOO_DEEP/],
  ])('%s without end is an error of the file, with its place', async (_name, file, text, place) => {
    const alone = await mkdtemp(join(tmpdir(), 'devicerc-cli-'));
    const isTestFile = file.endsWith('.test.yml');
    if (isTestFile) await writeFile(join(alone, file), text);
    const { code, output } = await check(isTestFile ? good : text, join(alone, isTestFile ? '.devicerc.yml' : file));
    await rm(alone, { recursive: true });
    expect({ code, output }).toEqual({ code: 78, output: expect.stringMatching(place) });
    expect(output).not.toMatch(/^\s+at |RangeError|INTERNAL_FAULT|Maximum call stack/m);
  });

  test('and does not make `run` end as if a restart could help', async () => {
    const alone = await mkdtemp(join(tmpdir(), 'devicerc-cli-'));
    const file = join(alone, '.devicerc.yml');
    await writeFile(file, condition(`${'!'.repeat(10_000)}true`));
    const { status, stderr, stdout } = spawnSync(process.execPath, [program, 'run', file], {
      env: { ...process.env, NODE_OPTIONS: '', DEVICERC_STATE: alone, DEVICERC_RUNTIME: alone },
      encoding: 'utf8',
      timeout: 20_000,
    });
    await rm(alone, { recursive: true });
    expect({ status, output: stdout + stderr }).toEqual({
      status: 78,
      output: expect.stringContaining('EXPRESSION_TOO_COMPLEX'),
    });
  });

  test.each(chosen)('ends with 78, the right line and no stack trace: $name', async ({ text, lines }) => {
    const { code, output, seconds } = await check(text);
    const found = [...output.matchAll(/\.devicerc\.yml:(\d+):\d+ error/g)].map(([, line]) => Number(line));
    expect({ code, output, isAtItsLine: found.some((line) => lines.includes(line)) }).toEqual({
      code: 78,
      output: expect.not.stringMatching(/^\s+at |TypeError|INTERNAL_FAULT/m),
      isAtItsLine: true,
    });
    expect(seconds).toBeLessThan(2);
  });
});
