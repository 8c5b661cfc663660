import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { CelCompiler } from '../expressions/cel-compiler.js';
import { readDeviceFile } from './device-file.js';
import { checkDevice } from './check.js';
import { FileReader, type FileContent } from './file-reader.js';
import { FixtureHost, registry } from './registry.fixture.js';
import { readTestFile } from './test-file.js';

let folder: string;
const at = (name: string): string => join(folder, name);
const reader = new FileReader(new VirtualClock());

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'devicerc-reader-'));
  spawnSync('mkfifo', [at('pipe')]);
  await symlink(at('pipe'), at('link'));
  await writeFile(at('text'), 'hello');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('a reader of files', () => {
  test('reads a regular file of at most so many bytes', async () => {
    expect(await reader.read(at('text'), 5)).toEqual({ bytes: Buffer.from('hello') });
    expect(await reader.read(at('text'), 4)).toMatchObject({ fault: 'too-large' });
  });

  test('reads what the kernel writes, whose size nobody knows before', async () => {
    expect(await reader.read('/proc/self/comm', 100)).toMatchObject({ bytes: expect.anything() });
    expect(await reader.read('/proc/self/smaps', 100)).toMatchObject({ fault: 'too-large' });
  });

  test.each(['pipe', 'link', '.', '/dev/zero', '/dev/tty', '/dev/stdin'])('refuses %s at once', async (name) => {
    const path = name.startsWith('/') ? name : at(name);
    expect(await reader.read(path, 100)).toEqual({
      fault: 'unreadable',
      detail: expect.stringMatching(/not a regular file|ENXIO|ENOENT/),
    });
  });

  test('gives a mount that hangs up after 10 s, and asks the same file no more before it answers', async () => {
    const clock = new VirtualClock();
    const answers: ((content: FileContent) => void)[] = [];
    const patient = new FileReader(clock, () => new Promise((resolve) => answers.push(resolve)));
    const first = patient.read('/mnt/a', 100);
    await clock.advance(Duration.parse('10s'));
    expect(await first).toEqual({ fault: 'unreadable', detail: 'nothing came within 10 s' });
    expect(await patient.read('/mnt/a', 100)).toMatchObject({ detail: expect.stringContaining('/mnt/a still hangs') });
    expect(answers).toHaveLength(1);

    answers[0]!({ bytes: Buffer.from('late') });
    await clock.advance(Duration.parse('1s'));
    const again = patient.read('/mnt/a', 100);
    answers[1]?.({ bytes: Buffer.from('now') });
    expect(await again).toEqual({ bytes: Buffer.from('now') });
  });

  test('leaves the other threads to the engine where two files hang', async () => {
    const clock = new VirtualClock();
    let reads = 0;
    const patient = new FileReader(clock, () => {
      reads += 1;
      return new Promise(() => {});
    });
    const both = [patient.read('/mnt/a', 100), patient.read('/mnt/b', 100)];
    await clock.advance(Duration.parse('10s'));
    await Promise.all(both);
    expect(await patient.read('/etc/hostname', 100)).toMatchObject({
      fault: 'unreadable',
      detail: 'an earlier read of /mnt/a and /mnt/b still hangs',
    });
    expect(reads).toBe(2);
  });
});

describe('what is no regular file is an error of the file that brings it', () => {
  const rules = 'rules: { a: { when: clock.synchronized, then: [{ do: network.reconnect }] } }\n';

  test.each(['pipe', 'link', '/dev/zero', '.'])('include: %s', async (name) => {
    await writeFile(at('device.yml'), `version: 1\ninclude:\n  - ${name}\n${rules}`);
    const read = await readDeviceFile(at('device.yml'), reader);
    expect(read.ok && read.value.diagnostics).toMatchObject([
      {
        code: 'INCLUDE_NOT_FOUND',
        message: expect.stringContaining('not a regular file'),
        range: { start: { line: 3 } },
      },
    ]);
  });

  test('the device file and a test file', async () => {
    const device = await readDeviceFile(at('pipe'), reader);
    expect(device).toMatchObject({ ok: false, diagnostics: [{ code: 'CONFIG_UNREADABLE' }] });
    expect(await readTestFile(at('pipe'), reader)).toMatchObject({ diagnostics: [{ code: 'CONFIG_UNREADABLE' }] });
  });

  test.each(['pipe', '/dev/zero'])('a secret from %s', async (name) => {
    const path = name.startsWith('/') ? name : at(name);
    const text = `version: 1\nsecrets: { hook: { file: ${path} } }\n${rules.replace('network.reconnect', 'network.reconnect, if: "secrets.hook == \'\'"')}`;
    await writeFile(at('device.yml'), text);
    const read = await readDeviceFile(at('device.yml'), reader);
    if (!read.ok) throw new Error('not read');
    const { diagnostics } = await checkDevice(read.value, registry, new CelCompiler(), new FixtureHost());
    expect(diagnostics).toMatchObject([{ code: 'SECRET_MISSING', range: { start: { line: 3 } } }]);
  });
});
