import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import type { Ledger } from './ledger.js';
import { openLedger } from './open-ledger.js';

const kills = process.env['DEVICERC_PROVE'] ? 200 : 5;
/** A life of the engine takes a fraction of a second, and far longer on a busy machine. */
const killTimeout = 30_000 + kills * 2_000;
const obstacle = diskObstacle();
const onDisk = obstacle ? describe.skip : describe;
const built = join(import.meta.dirname, '../../dist');

/**
 * Writes a counter in each turn, and says it once the turn is over; commits every tenth. It waits until it was said:
 * process.stdout would keep in memory what a busy reader has no room for, and the kill would take it along.
 */
const writer = `
import { writeSync } from 'node:fs';
import { openLedger } from '${built}/ledger/open-ledger.js';
import { RealClock } from '${built}/clock/real-clock.js';
const log = { log() {}, child: () => log, debug() {}, info() {}, warn() {}, error() {} };
const host = { variables: process.env, procPath: '/proc', sysPath: '/sys', rootPath: '' };
const ledger = await openLedger({ host, clock: new RealClock(), log });
for (let turn = (ledger.read('rule', 'turn') ?? 0) + 1; ; turn++) {
  ledger.write('rule', 'turn', turn);
  ledger.write('rule', 'text', 'x'.repeat(turn % 3_000));
  await undefined;
  writeSync(1, turn + '\\n');
  if (turn % 10 === 0) await ledger.commit();
}
`;

/** An ext4 on a loop device, as small as it gets. */
onDisk(`a real disk${obstacle ? ` (left out: ${obstacle})` : ''}`, () => {
  let folder: string;
  let disk: string;
  let log: RecordingLogger;
  let clock: VirtualClock;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ledger-disk-'));
    disk = join(folder, 'mounted');
    const image = join(folder, 'image');
    mkdirSync(disk);
    writeFileSync(image, '');
    truncateSync(image, 4 * 1024 * 1024);
    execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', image]);
    execFileSync('mount', ['-o', 'loop', image, disk]);
    log = new RecordingLogger();
    clock = new VirtualClock();
  });

  afterEach(() => {
    execFileSync('umount', ['--lazy', disk]);
    rmSync(folder, { recursive: true });
  });

  function open(): Promise<Ledger> {
    const variables = { DEVICERC_STATE: join(disk, 'state') };
    return openLedger({ host: { variables, procPath: '/proc', sysPath: '/sys', rootPath: '' }, clock, log });
  }

  function warnings(): readonly string[] {
    return log.lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message);
  }

  /** Takes the last byte. */
  function fill(): void {
    spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=64k'], { stdio: 'ignore' });
    spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler2')}`, 'bs=1k'], { stdio: 'ignore' });
    expect(statfsSync(disk).bavail).toBe(0);
  }

  test('that is filled to the last byte is told, refuses commits, and is written again when space returns', async () => {
    const ledger = await open();
    ledger.write('rule', 'kept', 1);
    await ledger.commit();
    fill();
    for (let turn = 0; turn < 20; turn++) {
      ledger.write('rule', 'text', `${turn} ${'x'.repeat(3_000)}`);
      await Promise.resolve();
    }
    await expect(ledger.commit()).rejects.toMatchObject({ code: 'LEDGER_UNWRITABLE' });
    expect(ledger.durability).toEqual({ durable: false, reason: 'the disk is full' });
    expect(warnings()).toEqual([expect.stringMatching(/^The durable record cannot be written: the disk is full\./)]);

    rmSync(join(disk, 'filler'));
    await clock.advance(Duration.parse('1m'));
    await ledger.commit();
    expect(ledger.durability).toEqual({ durable: true });
    await ledger.close();
    const next = await open();
    expect(next.read('rule', 'text')).toMatch(/^19 x+$/);
    await next.close();
  });

  test('that is full when the engine starts still gives what it holds', async () => {
    const ledger = await open();
    ledger.write('rule', 'kept', 1);
    await ledger.close();
    fill();
    const next = await open();
    expect(next.read('rule', 'kept')).toBe(1);
    next.write('rule', 'more', 'x'.repeat(20_000));
    await expect(next.commit()).rejects.toMatchObject({ code: 'LEDGER_UNWRITABLE' });
    await next.close();
  });

  test('that is full when an engine starts for the first time gets its folder when space returns', async () => {
    fill();
    const ledger = await open();
    ledger.write('rule', 'kept', 1);
    await expect(ledger.commit()).rejects.toMatchObject({ code: 'LEDGER_UNWRITABLE' });
    expect(ledger.durability).toEqual({ durable: false, reason: 'the disk is full' });
    expect(warnings()).toEqual([
      expect.stringMatching(/it cannot be made, because the disk is full/),
      expect.stringMatching(/^The durable record cannot be written: the disk is full\./),
    ]);

    rmSync(join(disk, 'filler'));
    await clock.advance(Duration.parse('1m'));
    // The disk has its own time, which no virtual clock moves on.
    await eventually(() => ledger.durability.durable);
    await expect(open()).rejects.toMatchObject({ code: 'LEDGER_IN_USE' });
    await ledger.close();
    const next = await open();
    expect(next.read('rule', 'kept')).toBe(1);
    await next.close();
  });

  test('that turns read-only is told, and written again when it is writable', async () => {
    const first = await open();
    first.write('rule', 'kept', 1);
    await first.close();
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const ledger = await open();
    expect(ledger.read('rule', 'kept')).toBe(1);
    ledger.write('rule', 'new', 2);
    await expect(ledger.commit()).rejects.toMatchObject({
      code: 'LEDGER_UNWRITABLE',
      message: 'The durable record cannot be written: the disk is read-only.',
    });
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    await clock.advance(Duration.parse('2m'));
    await ledger.commit();
    expect(ledger.durability).toEqual({ durable: true });
    await ledger.close();
  });

  test(
    `keeps every turn that was over when the engine was killed, ${kills} times at any moment`,
    async () => {
      let last = 0;
      for (let kill = 0; kill < kills; kill++) {
        const engine = spawn(process.execPath, ['--input-type=module', '--eval', writer], {
          env: { ...process.env, DEVICERC_STATE: join(disk, 'state') },
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const turns = Math.floor(Math.random() * 400) + 1;
        let seen = 0;
        for await (const line of createInterface(engine.stdout)) {
          last = Number(line);
          if (++seen === turns) engine.kill('SIGKILL');
        }
        if (engine.exitCode === null && engine.signalCode === null) await once(engine, 'exit');
        expect(seen).toBeGreaterThanOrEqual(turns);
        const ledger = await open();
        const found = ledger.read('rule', 'turn') as number;
        expect(found).toBeGreaterThanOrEqual(last);
        expect(found).toBeLessThanOrEqual(last + 1);
        expect(ledger.read('rule', 'text')).toHaveLength(found % 3_000);
        await ledger.close();
      }
      // A kill in the middle of write(2) leaves its first pages: the beginning of a turn that was not over.
      const others = warnings().filter((line) => !line.startsWith('The end of the ledger was cut off'));
      expect(others).toEqual([]);
    },
    killTimeout,
  );
});

const overlay = overlayObstacle();

/** As overlayroot lays it over the root of Raspberry Pi OS. */
(overlay ? describe.skip : describe)(`an overlay${overlay ? ` (left out: ${overlay})` : ''}`, () => {
  let folder: string;
  let log: RecordingLogger;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ledger-overlay-'));
    for (const name of ['memory', 'lower', 'mounted']) mkdirSync(join(folder, name));
    log = new RecordingLogger();
  });

  afterEach(() => {
    spawnSync('umount', ['--lazy', join(folder, 'mounted')]);
    spawnSync('umount', ['--lazy', join(folder, 'memory')]);
    rmSync(folder, { recursive: true });
  });

  async function openOver(tmpfs: string, procPath = '/proc'): Promise<Ledger> {
    const memory = join(folder, 'memory');
    execFileSync('mount', ['-t', 'tmpfs', '-o', tmpfs, 'tmpfs', memory]);
    for (const name of ['upper', 'work']) mkdirSync(join(memory, name));
    const layers = `lowerdir=${folder}/lower,upperdir=${memory}/upper,workdir=${memory}/work`;
    execFileSync('mount', ['-t', 'overlay', '-o', layers, 'overlay', join(folder, 'mounted')]);
    const variables = { DEVICERC_STATE: join(folder, 'mounted/state') };
    return openLedger({ host: { variables, procPath, sysPath: '/sys', rootPath: '' }, clock: new VirtualClock(), log });
  }

  const inMemory = { durable: false, reason: 'the state folder lies in memory, and a boot forgets it' };

  test('that writes to a tmpfs is not taken for durable, whatever the size of the tmpfs', async () => {
    const ledger = await openOver('size=8m,nr_inodes=1000');
    expect(ledger.durability).toEqual(inMemory);
    await ledger.close();
  });

  test('that writes to a tmpfs of the host is known by its figures in a container, which does not see the tmpfs', async () => {
    const proc = join(folder, 'lower/proc');
    mkdirSync(join(proc, 'sys/kernel/random'), { recursive: true });
    writeFileSync(join(proc, 'sys/kernel/random/boot_id'), 'boot-1');
    const ledger = await openOver('rw', proc);
    expect(ledger.durability).toEqual(inMemory);
    await ledger.close();
  });

  test('whose upper layer is not seen, as that of a container, is durable, and said to end with the container', async () => {
    const proc = join(folder, 'lower/proc');
    mkdirSync(join(proc, 'sys/kernel/random'), { recursive: true });
    writeFileSync(join(proc, 'sys/kernel/random/boot_id'), 'boot-1');
    const ledger = await openOver('size=8m,nr_inodes=1000', proc);
    expect(ledger.durability).toEqual({ durable: true });
    expect(log.lines).toEqual([
      expect.objectContaining({
        level: 'warn',
        message: expect.stringContaining(
          "lies in the container's own layer: it is lost when the container is made anew",
        ),
        fields: { remedy: expect.stringContaining('persistent volume at /data') },
      }),
    ]);
    await ledger.close();
  });
});

function overlayObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'it takes root to mount an overlay';
  const folder = mkdtempSync(join(tmpdir(), 'ledger-overlay-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'ignore' });
    for (const name of ['lower', 'upper', 'work', 'mounted']) mkdirSync(join(folder, name));
    const layers = `lowerdir=${folder}/lower,upperdir=${folder}/upper,workdir=${folder}/work`;
    execFileSync('mount', ['-t', 'overlay', '-o', layers, 'overlay', join(folder, 'mounted')], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'this machine mounts no overlay on a tmpfs';
  } finally {
    spawnSync('umount', [join(folder, 'mounted')], { stdio: 'ignore' });
    spawnSync('umount', [folder], { stdio: 'ignore' });
    rmSync(folder, { recursive: true, force: true });
  }
}

function diskObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'it takes root to mount a disk';
  if (spawnSync('losetup', ['--find']).status !== 0) return 'there is no free loop device';
  return undefined;
}
