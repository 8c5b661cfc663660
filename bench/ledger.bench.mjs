/**
 * The ledger on a real disk. Turns of 1 and of 20 records, each committed, against a bare loop of write and fdatasync with
 * the same bytes; the start of an engine on a ledger that is as full as it gets before a new segment; and what a day
 * without any event writes.
 */
import {
  closeSync,
  fdatasync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Duration } from '../packages/core/dist/clock/duration.js';
import { VirtualClock } from '../packages/core/dist/clock/virtual-clock.js';
import { FileLedger } from '../packages/core/dist/ledger/file-ledger.js';
import { DiskFolder } from '../packages/core/dist/ledger/storage/disk-folder.js';
import { SimulatedDisk } from '../packages/core/dist/ledger/storage/simulated-disk.js';
import { median, print, round } from './measure.mjs';

const sync = promisify(fdatasync);
// Beside the repository, not in /tmp, which may be no disk.
const cache = join(import.meta.dirname, '../.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'ledger-'));
const slices = 120;
const callsInSlice = 10;
const log = { log() {}, debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const clock = new VirtualClock();

async function open(name) {
  return FileLedger.open({ folder: await DiskFolder.open(join(folder, name)), clock, log, bootId: 'boot' });
}

function record(turn) {
  return {
    startedAt: 1_000_000 + turn,
    elapsed: { total: turn, since: 12 },
    fired: [turn % 3],
    seenAt: 1_000_000 + turn,
  };
}

/** Bytes that a turn with this many records adds to the file. */
async function frameSize(records) {
  const ledger = await open(`size-${records}`);
  await ledger.commit();
  const before = sizeOf(`size-${records}`);
  for (let key = 0; key < records; key += 1) ledger.write('rule', `key ${key}`, record(key));
  await ledger.commit();
  const size = sizeOf(`size-${records}`) - before;
  await ledger.close();
  return size;
}

function sizeOf(name) {
  const path = join(folder, name);
  return readdirSync(path).reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
}

/** Commits per second of the ledger and of the bare loop, in short turns: what else uses the disk hits both alike. */
async function commits(records) {
  const ledger = await open(`ledger-${records}`);
  const bytes = Buffer.alloc(await frameSize(records), 'x');
  const file = openSync(join(folder, `bare-${records}`), 'a');
  const seconds = { ledger: [], bare: [] };
  let turn = 0;
  const works = {
    ledger: async () => {
      turn += 1;
      for (let key = 0; key < records; key += 1) ledger.write('rule', `key ${key}`, record(turn + key));
      await ledger.commit();
    },
    bare: async () => {
      writeSync(file, bytes);
      await sync(file);
    },
  };
  for (let slice = 0; slice < slices; slice += 1) {
    const names = slice % 2 === 0 ? ['ledger', 'bare'] : ['bare', 'ledger'];
    for (const name of names) {
      const began = performance.now();
      for (let call = 0; call < callsInSlice; call += 1) await works[name]();
      seconds[name].push((performance.now() - began) / 1000);
    }
  }
  closeSync(file);
  await ledger.close();
  return {
    records,
    bytes: bytes.length,
    ledger: round(callsInSlice / median(seconds.ledger)),
    bare: round(callsInSlice / median(seconds.bare)),
    timesTheBareLoop: round(median(seconds.ledger) / median(seconds.bare)),
  };
}

/** 2,000 records in a segment that has grown until just before the next one. */
async function recovery() {
  const full = await open('full');
  for (let key = 0; key < 2_000; key += 1) full.write('rule', `key ${key}`, record(key));
  await full.commit();
  const whole = sizeOf('full');
  for (let turn = 0; sizeOf('full') < whole * 1.9; turn += 1) {
    full.write('rule', `key ${turn % 2_000}`, record(turn + 1));
    await Promise.resolve();
  }
  await full.close();
  const bytes = sizeOf('full');
  const times = [];
  for (let start = 0; start < 7; start += 1) {
    const opened = await DiskFolder.open(join(folder, 'full'));
    const began = performance.now();
    const ledger = FileLedger.open({ folder: opened, clock, log, bootId: 'boot' });
    times.push(performance.now() - began);
    await ledger.close();
  }
  return { records: 2_000, bytes, milliseconds: round(median(times)), target: '< 100 ms' };
}

/** The third day of a device on which nothing happens. */
async function idle() {
  const disk = new SimulatedDisk();
  const still = new VirtualClock();
  const ledger = FileLedger.open({ folder: disk.open(), clock: still, log, bootId: 'boot' });
  const hours = [];
  for (let hour = 0; hour < 72; hour += 1) {
    const { syncs, bytesWritten } = disk;
    await still.advance(Duration.parse('1h'));
    hours.push({ syncs: disk.syncs - syncs, bytes: disk.bytesWritten - bytesWritten });
  }
  await ledger.close();
  const third = hours.slice(48);
  return {
    fsyncsPerHour: median(third.map(({ syncs }) => syncs)),
    bytesPerHour: median(third.map(({ bytes }) => bytes)),
    target: '= 0',
    thirdDay: {
      fsyncs: third.reduce((sum, { syncs }) => sum + syncs, 0),
      bytes: third.reduce((sum, { bytes }) => sum + bytes, 0),
    },
  };
}

const result = {
  benchmark: 'ledger',
  commitsPerSecond: [await commits(1), await commits(20)],
  target: '<= 1.3 times the bare loop',
  recovery: await recovery(),
  idle: await idle(),
};
rmSync(folder, { recursive: true });
print(result);
