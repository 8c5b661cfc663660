import { crc32 } from 'node:zlib';
import { coreError } from '../../diagnostics/core-errors.js';
import { findFrames } from './frame.js';

const headerPattern = /^devicerc-ledger (\d+) ([0-9a-f]{8})\n/;
const namePattern = /^ledger\.(\d+)$/;

/** Frames of one version of the format as the next version writes them, by the older version. */
export type Migrations = ReadonlyMap<number, (frame: unknown) => unknown>;

export function segmentName(number: number): string {
  return `ledger.${number}`;
}

/** The numbers of the segments among these files, the oldest first. */
export function segmentNumbers(names: readonly string[]): readonly number[] {
  const digits = names.map((name) => namePattern.exec(name)?.[1]).filter((found) => found !== undefined);
  return digits.map(Number).sort((a, b) => a - b);
}

export function encodeHeader(version: number): Buffer {
  return Buffer.from(`devicerc-ledger ${version} ${checksum(version)}\n`);
}

/** What could be read of a segment. */
export interface SegmentContent {
  /** Bytes up to the end of its first frame, which holds everything; undefined when the frames go on where others ended. */
  readonly whole: number | undefined;
  /** Of the present format. */
  readonly frames: readonly unknown[];
  /** Whether it may be written on: undamaged, and of the present format. */
  readonly usable: boolean;
  readonly lost: Loss;
}

export interface Loss {
  /** Bytes that had not been synced for sure: the end of what was written before a power cut. */
  readonly torn: number;
  /** Bytes that had been synced and are not readable any more. */
  readonly rotten: number;
}

/**
 * Reads what is left of a segment. Where bytes are damaged that a later frame knows to have been synced, the disk has lost
 * them, and what follows is kept. Otherwise a power cut has torn what was never synced, and all from there on is left out: a
 * later turn must not survive an earlier one.
 * @throws DeviceError `LEDGER_FORMAT_UNKNOWN` when a newer engine wrote it
 */
export function readSegment(bytes: Buffer, version: number, migrations: Migrations, place: string): SegmentContent {
  const header = readHeader(bytes);
  const written = header?.version ?? version;
  if (written > version) {
    throw coreError(
      'LEDGER_FORMAT_UNKNOWN',
      `${place} has format ${written}, which a newer engine wrote; this one knows ${version}.`,
    );
  }
  const found = findFrames(bytes, header?.length ?? 0);
  const safe = found.at(-1)?.safe ?? 0;
  const frames: unknown[] = [];
  let end = header?.length ?? 0;
  let rotten = header ? 0 : Math.min(encodeHeader(version).length, found[0]?.start ?? 0);
  const whole = found[0]?.start === end + rotten ? found[0].end : undefined;
  end += rotten;
  for (const frame of found) {
    if (frame.start > end && frame.start > safe) break;
    rotten += frame.start - end;
    end = frame.end;
    frames.push(migrate(frame.body, written, version, migrations));
  }
  const lost = { torn: bytes.length - end, rotten };
  return { whole, frames, usable: whole !== undefined && written === version && lost.torn + lost.rotten === 0, lost };
}

function migrate(frame: unknown, from: number, to: number, migrations: Migrations): unknown {
  let migrated = frame;
  for (let version = from; version < to; version++) {
    const step = migrations.get(version);
    if (!step)
      throw coreError('LEDGER_FORMAT_UNKNOWN', `The ledger has format ${version}, which is not read any more.`);
    migrated = step(migrated);
  }
  return migrated;
}

function readHeader(bytes: Buffer): { readonly version: number; readonly length: number } | undefined {
  const line = headerPattern.exec(bytes.toString('latin1', 0, 64));
  if (!line || checksum(Number(line[1])) !== line[2]) return undefined;
  return { version: Number(line[1]), length: line[0].length };
}

function checksum(version: number): string {
  return crc32(`devicerc-ledger ${version}`).toString(16).padStart(8, '0');
}
