import { spawnSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RunningEngine } from './running-engine.fixture.js';

const rules = '  a: { when: clock.synchronized, then: [{ do: log, with: { message: hi } }] }\n';
let engine: RunningEngine;

beforeEach(() => {
  engine = new RunningEngine();
  spawnSync('mkfifo', [join(engine.folder, 'pipe.yml'), join(engine.folder, 'pipe.mjs')]);
});
afterEach(() => engine.remove());

test.each([
  ['an include that is a pipe', 'include: [./pipe.yml]\n', /pipe\.yml cannot be read \(it is not a regular file\)/],
  ['an include without an end', 'include: [/dev/zero]\n', /\/dev\/zero cannot be read \(it is not a regular file\)/],
])(
  '%s is an error of the reload; the old rules stay, and SIGTERM ends the engine',
  async (_name, line, message) => {
    await engine.start(rules);
    appendFileSync(engine.file, line);
    const { code, out, error } = await engine.ask('reload');
    expect({ code, said: out + error }).toEqual({ code: 78, said: expect.stringMatching(message) });
    expect((await engine.ask('status')).out).toContain('running');
    expect(await engine.stop()).toBe(0);
  },
  40_000,
);

test('what is not there to be read does not hold up `check` either', async () => {
  engine.write(rules);
  for (const text of ['include: [./pipe.yml]\n', 'plugins: [{ use: ./pipe.mjs }]\n']) {
    writeFileSync(engine.file, `version: 1\n${text}rules:\n${rules}`);
    const { code, out } = await engine.ask('check');
    expect({ code, out }).toEqual({ code: 78, out: expect.stringContaining('not a regular file') });
  }
  const { code, error, out } = await engine.ask('check', 'pipe.yml');
  expect({ code, said: out + error }).toEqual({ code: 78, said: expect.stringContaining('CONFIG_UNREADABLE') });
}, 60_000);
