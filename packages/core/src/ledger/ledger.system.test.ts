import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
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

function diskObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'it takes root to mount a disk';
  if (spawnSync('losetup', ['--find']).status !== 0) return 'there is no free loop device';
  return undefined;
}
