import { errnoOf, type LedgerFolder } from '../storage/ledger-folder.js';
import { formatVersion, migrations as knownMigrations } from './format.js';
import type { Frame } from './frame.js';
import { type Loss, type Migrations, readSegment, segmentName, segmentNumbers } from './segment.js';

/** What is on the disk. */
export interface Recovery {
  /** All segments, oldest first. */
  readonly segments: readonly number[];
  /** The frames to apply one after the other to nothing. */
  readonly frames: readonly Frame[];
  /** The sizes of the segment that can be written on: it is undamaged and alone. */
  readonly usable: { readonly size: number; readonly whole: number } | undefined;
  readonly lost: Loss;
  /** Files that the disk does not give, with the errno. */
  readonly unreadable: readonly string[];
}

/** @throws DeviceError `LEDGER_FORMAT_UNKNOWN` when a newer engine wrote it */
export function recover(
  folder: LedgerFolder,
  version: number = formatVersion,
  migrations: Migrations = knownMigrations,
): Recovery {
  const segments = segmentNumbers(folder.list());
  const unreadable: string[] = [];
  const lost = { torn: 0, rotten: 0 };
  let frames: unknown[] = [];
  let usable: Recovery['usable'];
  for (const number of segments) {
    const name = segmentName(number);
    const bytes = readBytes(folder, name, unreadable);
    const content = readSegment(bytes, version, migrations, name);
    const { whole } = content;
    if (whole !== undefined) {
      // Everything before is in its first frame: what was lost of it is not missing.
      frames = [];
      lost.torn = lost.rotten = 0;
    }
    frames.push(...content.frames);
    lost.torn += content.lost.torn;
    lost.rotten += content.lost.rotten;
    if (whole !== undefined && content.usable && segments.length === 1) usable = { size: bytes.length, whole };
  }
  return { segments, frames: frames as Frame[], usable, lost, unreadable };
}

function readBytes(folder: LedgerFolder, name: string, unreadable: string[]): Buffer {
  try {
    return folder.read(name) ?? Buffer.alloc(0);
  } catch (error) {
    unreadable.push(`${name} (${errnoOf(error)})`);
    return Buffer.alloc(0);
  }
}
