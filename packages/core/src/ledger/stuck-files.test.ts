import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { contentOf } from './ledger-machine.fixture.js';
import type { Ledger } from './ledger.js';
import { openLedger } from './open-ledger.js';
import { DiskFolder } from './storage/disk-folder.js';

let state: string;
let log: RecordingLogger;
const clock = new VirtualClock();

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'ledger-'));
  log = new RecordingLogger();
});
afterEach(() => rmSync(state, { recursive: true }));

function open(): Promise<Ledger> {
  const host = { variables: { DEVICERC_STATE: state }, procPath: '/proc', sysPath: '/sys', rootPath: '' };
  return openLedger({ host, clock, log });
}

const errors = (): readonly string[] =>
  log.lines.filter(({ level }) => level === 'error').map(({ message }) => message);

test.each<[string, string, (path: string) => void]>([
  ['pipe', 'EINVAL', (path) => spawnSync('mkfifo', [path])],
  ['folder', 'EINVAL', (path) => mkdirSync(path)],
  ['file of a terabyte', 'EFBIG', (path) => (writeFileSync(path, ''), truncateSync(path, 2 ** 40))],
])('a ledger that is a %s is reported, and the engine goes on with a new one', async (_name, errno, make) => {
  make(join(state, 'ledger.1'));
  const ledger = await open();
  expect(errors()).toContainEqual(expect.stringContaining(`does not give files of the ledger: ledger.1 (${errno})`));
  ledger.write('rule', 'a', 1);
  await ledger.close();

  const next = await open();
  expect(contentOf(next)).toEqual({ rule: { a: 1 } });
  await next.close();
});

test('a pipe in the place of the sign of life, or of the lock, holds nothing up', async () => {
  for (const name of ['watched', 'lock']) spawnSync('mkfifo', [join(state, name)]);
  const ledger = await open();
  const end = ledger.keepWatch();
  ledger.write('rule', 'a', 1);
  end();
  await ledger.close();
  expect(log.lines.map(({ message }) => message).join('\n')).toContain('the file `lock` cannot be made');
});

test('a program flock that does not come back is ended, which is said', async () => {
  const flock = join(state, 'flock');
  writeFileSync(flock, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
  const folder = await DiskFolder.open(join(state, 'folder'), flock);
  expect(folder.unlocked).toBe('the program flock does not come back');
  folder.close();
});
