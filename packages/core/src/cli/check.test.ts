import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RealClock } from '../clock/real-clock.js';
import { malformedFrom } from '../config/malformed.fixture.js';

const program = resolve(import.meta.dirname, '../../bin/devicerc.js');
const good = await readFile(join(import.meta.dirname, 'check.fixture.yml'), 'utf8');
const malformed = malformedFrom(good);
const isProof = process.env['DEVICERC_PROVE'] !== undefined;
/** The whole set takes minutes; the plain suite takes every so manieth. */
const chosen = isProof ? malformed : malformed.filter((_file, index) => index % Math.ceil(malformed.length / 16) === 0);

interface Ending {
  readonly code: number | null;
  readonly output: string;
  readonly milliseconds: number;
}

describe('devicerc check, the built program', () => {
  let clock: RealClock;
  let folder: string;
  beforeAll(async () => {
    clock = new RealClock();
    folder = await mkdtemp(join(tmpdir(), 'devicerc-cli-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    clock.dispose();
  });

  async function check(text: string): Promise<Ending> {
    const file = join(folder, '.devicerc.yml');
    await writeFile(file, text);
    const startedAt = clock.boottime();
    const child = spawn(process.execPath, [program, 'check', file], {
      env: { ...process.env, NODE_OPTIONS: '' },
      timeout: 20_000,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise<number | null>((done) => child.once('close', done));
    return { code, output, milliseconds: clock.boottime() - startedAt };
  }

  test('ends with 0 for a good file', async () => {
    const { code, output } = await check(good);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('is good: 4 rules.') });
  });

  test.each(chosen)('ends with 78, the right line and no stack trace: $name', async ({ text, lines }) => {
    const { code, output, milliseconds } = await check(text);
    const found = [...output.matchAll(/\.devicerc\.yml:(\d+):\d+ error/g)].map(([, line]) => Number(line));
    expect({ code, output, isAtItsLine: found.some((line) => lines.includes(line)) }).toEqual({
      code: 78,
      output: expect.not.stringMatching(/^\s+at |TypeError|INTERNAL_FAULT/m),
      isAtItsLine: true,
    });
    if (isProof) expect(milliseconds).toBeLessThan(2_000);
  });
});
