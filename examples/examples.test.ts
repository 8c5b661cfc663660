import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';

const program = resolve(import.meta.dirname, '../packages/core/bin/devicerc.js');
const examples = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const cache = mkdtempSync(join(tmpdir(), 'examples-'));
afterAll(() => rmSync(cache, { recursive: true }));

/** A failure to end with 0 rejects. */
async function devicerc(command: string, example: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, command, join(import.meta.dirname, example, '.devicerc.yml'), '--json'],
    {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        DEVICERC_CACHE: cache,
        DEVICERC_SECRET_HOOK: 'https://hooks.example/1',
      },
      maxBuffer: 2 ** 26,
    },
  );
  return stdout;
}

test.each(examples.map(({ name }) => name))(
  'the example %s is good, its tests pass, and they take every way of its rules',
  async (example) => {
    expect(JSON.parse(await devicerc('check', example))).toEqual([]);
    const { passed, failed, coverage } = JSON.parse(await devicerc('test', example));
    expect({ failed, isTested: passed >= 3 }).toEqual({ failed: 0, isTested: true });
    expect(coverage.rules.filter(({ fired }: { fired: boolean }) => !fired)).toEqual([]);
    expect(coverage.branches.filter(({ taken }: { taken: boolean }) => !taken)).toEqual([]);
  },
  120_000,
);
