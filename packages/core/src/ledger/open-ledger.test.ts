import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { contentOf } from './ledger-machine.fixture.js';
import type { Ledger } from './ledger.js';
import { openLedger } from './open-ledger.js';
import { DiskFolder } from './storage/disk-folder.js';

let root: string;
let log: RecordingLogger;
const clock = new VirtualClock();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ledger-'));
  log = new RecordingLogger();
});
afterEach(() => rmSync(root, { recursive: true }));

function open(
  variables: Record<string, string> = { DEVICERC_STATE: join(root, 'state') },
  traits: { readonly isSimulated?: boolean; readonly isShadow?: boolean } = {},
  procPath = '/proc',
): Promise<Ledger> {
  const host = { variables, procPath, sysPath: '/sys', rootPath: root };
  return openLedger({ host, clock, log, ...traits });
}

function messages(level: string): readonly string[] {
  return log.lines.filter((line) => line.level === level).map(({ message }) => message);
}

describe('the state folder', () => {
  test.each([
    ['DEVICERC_STATE', { DEVICERC_STATE: 'given' }, 'given'],
    ['/data/devicerc where there is a /data', { HOME: 'home', XDG_STATE_HOME: 'xdg' }, 'data/devicerc'],
  ])('is %s', async (_name, variables, expected) => {
    mkdirSync(join(root, 'data'));
    const ledger = await open(inRoot(variables));
    expect(existsSync(join(root, expected, 'ledger.1'))).toBe(true);
    await ledger.close();
  });

  test.each([
    ['$XDG_STATE_HOME/devicerc', { HOME: 'home', XDG_STATE_HOME: 'xdg' }, 'xdg/devicerc'],
    ['~/.local/state/devicerc', { HOME: 'home' }, 'home/.local/state/devicerc'],
  ])('is %s where there is no /data', async (_name, variables, expected) => {
    const ledger = await open(inRoot(variables));
    expect(existsSync(join(root, expected, 'ledger.1'))).toBe(true);
    await ledger.close();
  });

  test('is nobody else’s business: 0700, its files 0600', async () => {
    const ledger = await open();
    ledger.keepWatch();
    await ledger.close();
    const modeOf = (name: string): string => (statSync(join(root, 'state', name)).mode & 0o777).toString(8);
    expect(['.', 'ledger.1', 'lock', 'watched'].map(modeOf)).toEqual(['700', '600', '600', '600']);
  });

  test('keeps what was written for the next engine', async () => {
    const first = await open();
    first.write('rule', 'a', { label: 'Größe 5 "µ"' });
    await first.close();
    const second = await open();
    expect(second.read('rule', 'a')).toEqual({ label: 'Größe 5 "µ"' });
    expect(second.durability).toEqual({ durable: true });
    expect(second.boots).toHaveLength(1);
    await second.close();
    expect(log.messages.filter((message) => !message.includes("lies in the container's own layer"))).toEqual([]);
  });

  test('that is removed under a running engine is no longer taken for durable, and is made and filled again', async () => {
    const ledger = await open();
    ledger.write('rule', 'a', 1);
    await ledger.commit();
    rmSync(join(root, 'state'), { recursive: true });
    ledger.write('rule', 'b', 2);
    await expect(ledger.commit()).rejects.toMatchObject({
      code: 'LEDGER_UNWRITABLE',
      message: 'The durable record cannot be written: somebody removed its files.',
    });
    expect(ledger.durability.durable).toBe(false);
    await ledger.commit();
    expect(ledger.durability.durable).toBe(true);
    await ledger.close();
    const next = await open();
    expect(contentOf(next)).toEqual({ rule: { a: 1, b: 2 } });
    await next.close();
  });

  test('that is moved away and copied back is not taken for the one that is written to', async () => {
    const ledger = await open();
    await ledger.commit();
    renameSync(join(root, 'state'), join(root, 'moved'));
    cpSync(join(root, 'moved'), join(root, 'state'), { recursive: true });
    ledger.write('rule', 'a', 1);
    await expect(ledger.commit()).rejects.toMatchObject({ code: 'LEDGER_UNWRITABLE' });
    await ledger.commit();
    expect(ledger.durability.durable).toBe(true);
    await ledger.close();
    const next = await open();
    expect(contentOf(next)).toEqual({ rule: { a: 1 } });
    await next.close();
  });

  test('that is removed and made again is locked again: a second engine is refused', async () => {
    const ledger = await open();
    rmSync(join(root, 'state'), { recursive: true });
    await ledger.commit().catch(() => undefined);
    await ledger.commit();
    expect(ledger.durability.durable).toBe(true);
    await expect(open()).rejects.toMatchObject({ code: 'LEDGER_IN_USE' });
    await ledger.close();
    await (await open()).close();
  });

  test('that is removed and taken by a second engine is left to it', async () => {
    const first = await open();
    rmSync(join(root, 'state'), { recursive: true });
    const second = await open();
    second.write('rule', 'a', 2);
    await second.commit();
    first.write('rule', 'a', 1);
    await first.commit().catch(() => undefined);
    await expect(first.commit()).rejects.toMatchObject({
      message: 'The durable record cannot be written: another engine has its folder.',
    });
    await first.close();
    await second.close();
    const next = await open();
    expect(contentOf(next)).toEqual({ rule: { a: 2 } });
    await next.close();
  });

  test('that is removed gets signs of life again', async () => {
    const ledger = await open();
    const end = ledger.keepWatch();
    rmSync(join(root, 'state'), { recursive: true });
    await clock.advance(Duration.parse('20s'));
    expect(existsSync(join(root, 'state/watched'))).toBe(true);
    end();
    await ledger.close();
  });

  test('in memory survives the engine, but is not taken for durable: a boot would forget every limit', async () => {
    const shared = mkdtempSync('/dev/shm/ledger-');
    const variables = { DEVICERC_STATE: shared };
    const first = await open(variables);
    expect(first.durability).toEqual({
      durable: false,
      reason: 'the state folder lies in memory, and a boot forgets it',
    });
    expect(messages('error')).toEqual([expect.stringContaining(`${shared} is on a tmpfs,`)]);
    first.write('rule', 'a', 1);
    await first.close();
    const second = await open(variables);
    expect(contentOf(second)).toEqual({ rule: { a: 1 } });
    await second.close();
    rmSync(shared, { recursive: true });
  });

  test('in memory is durable to a simulated device, whose boots empty no memory', async () => {
    const shared = mkdtempSync('/dev/shm/ledger-');
    const ledger = await open({ DEVICERC_STATE: shared }, { isSimulated: true });
    expect(ledger.durability).toEqual({ durable: true });
    await ledger.close();
    rmSync(shared, { recursive: true });
  });

  test('is not touched in shadow, which is said once', async () => {
    const ledger = await open(undefined, { isShadow: true });
    ledger.write('rule', 'a', 1);
    await ledger.commit();
    await ledger.close();
    expect(existsSync(join(root, 'state'))).toBe(false);
    expect(ledger.durability).toEqual({ durable: false, reason: 'in shadow nothing is kept' });
    expect(log.messages).toEqual([expect.stringContaining('In shadow nothing acts and nothing is kept')]);
  });

  test('that cannot be made is told loudly, and the engine goes on from memory', async () => {
    writeFileSync(join(root, 'file'), '');
    const ledger = await open({ DEVICERC_STATE: join(root, 'file/state') });
    expect(ledger.durability).toMatchObject({ durable: false, reason: expect.stringContaining('ENOTDIR') });
    expect(messages('error')).toEqual([
      expect.stringMatching(
        /^The state folder \S+ cannot be used: ENOTDIR.* Timers and limits start anew at every restart/,
      ),
    ]);
    expect(log.lines[0]).toMatchObject({
      fields: { code: 'LEDGER_MISSING', remedy: expect.stringContaining('persistent volume') },
    });
  });
});

describe('a machine that does not tell its boots apart', () => {
  test.each(['missing', 'empty'])(
    '(boot_id is %s) has no durable record, and one that is there is not touched',
    async (state) => {
      const proc = join(root, 'proc');
      mkdirSync(join(proc, 'sys/kernel/random'), { recursive: true });
      if (state === 'empty') writeFileSync(join(proc, 'sys/kernel/random/boot_id'), '\n');
      const before = await open();
      before.write('rule', 'a', 1);
      await before.close();
      const bytes = readFileSync(join(root, 'state/ledger.1'));

      const ledger = await open(undefined, {}, proc);
      ledger.write('rule', 'a', 2);
      await ledger.close();
      expect(ledger.durability).toEqual({ durable: false, reason: 'the boot_id of the kernel cannot be read' });
      expect(readFileSync(join(root, 'state/ledger.1'))).toEqual(bytes);
      expect(log.lines.filter(({ level }) => level === 'error')).toEqual([
        expect.objectContaining({
          message: expect.stringContaining('actions that reboot or shut down are refused'),
          fields: { code: 'BOOT_ID_MISSING', remedy: expect.stringContaining('Mount procfs at /proc') },
        }),
      ]);

      const next = await open();
      expect(contentOf(next)).toEqual({ rule: { a: 1 } });
      expect(next.boots).toHaveLength(1);
      await next.close();
    },
  );
});

describe('two engines on one state folder', () => {
  test('in two processes: the second is refused, until the first has ended, even by kill -9', async () => {
    mkdirSync(join(root, 'state'));
    const other = spawn('flock', ['-F', join(root, 'state/lock'), 'sleep', '60'], { stdio: 'ignore' });
    await eventually(() => existsSync(join(root, 'state/lock')));
    await eventually(() =>
      open().then(
        (ledger) => ledger.close().then(() => false),
        () => true,
      ),
    );
    await expect(open()).rejects.toMatchObject({
      code: 'LEDGER_IN_USE',
      message: expect.stringContaining('is in use by another engine'),
    });
    other.kill('SIGKILL');
    await once(other, 'close');
    await (await open()).close();
  });

  test('in one process: the second is refused, until the first is closed', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({ code: 'LEDGER_IN_USE' });
    await first.close();
    await (await open()).close();
  });

  test('cannot be told where there is no program flock, which is said', async () => {
    const folder = await DiskFolder.open(join(root, 'state'), join(root, 'flock'));
    expect(folder.unlocked).toBe('the program flock does not run (ENOENT)');
    folder.close();
  });
});

function inRoot(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, path]) => [name, join(root, path)]));
}
