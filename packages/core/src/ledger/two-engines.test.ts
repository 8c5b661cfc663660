import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { FileLedger } from './file-ledger.js';
import { contentOf } from './ledger-machine.fixture.js';
import { DiskFolder } from './storage/disk-folder.js';

const clock = new VirtualClock();
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'two-engines-'));
});
afterEach(() => rmSync(root, { recursive: true }));

async function open(): Promise<FileLedger> {
  const folder = await DiskFolder.open(join(root, 'state'));
  return FileLedger.open({ folder, clock, log: new RecordingLogger(), bootId: 'boot-1' });
}

/** The first engine has lost its folder to the second, whose record has come to ledger.3. */
async function openTwo(): Promise<{ readonly first: FileLedger; readonly second: FileLedger }> {
  const first = await open();
  rmSync(join(root, 'state'), { recursive: true });
  const second = await open();
  for (const number of [1, 2]) {
    rmSync(join(root, `state/ledger.${number}`));
    second.write('rule', 'a', number);
    await second.commit().catch(() => undefined);
    await second.commit();
  }
  return { first, second };
}

test('an engine whose folder another one has taken removes nothing of its record, however often it tries', async () => {
  const { first, second } = await openTwo();
  for (let tries = 0; tries < 5; tries++) {
    first.write('rule', 'a', 'first');
    await expect(first.commit()).rejects.toMatchObject({ code: 'LEDGER_UNWRITABLE' });
  }
  second.write('rule', 'a', 'second');
  await second.commit();
  await first.close();
  await second.close();
  const next = await open();
  expect(contentOf(next)).toEqual({ rule: { a: 'second' } });
  await next.close();
});

test('an engine that gets its folder back after another one has ended is the one whose record counts', async () => {
  const { first, second } = await openTwo();
  await second.close();
  first.write('rule', 'a', 'first');
  await first.commit().catch(() => undefined);
  await first.commit();
  await first.close();
  const next = await open();
  expect(contentOf(next)).toEqual({ rule: { a: 'first' } });
  await next.close();
});
