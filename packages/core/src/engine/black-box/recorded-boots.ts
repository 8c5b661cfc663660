import { readFile } from 'node:fs/promises';
import type { BlackBoxEntry, BlackBoxHeader } from './black-box-entry.js';
import { fileNumbers, pathOf, withoutWaiting } from './black-box-file.js';

/** What the black box kept of one boot. */
export interface RecordedBoot {
  readonly boot: number;
  readonly id: string;
  /** How it ended, as the boot after it found out. */
  readonly end?: NonNullable<BlackBoxHeader['former']>['end'];
  /** In the order of time. */
  readonly entries: readonly BlackBoxEntry[];
}

/** Every boot that left a readable file, the latest last. Torn and damaged lines are left out. */
export async function readRecordedBoots(folder: string): Promise<readonly RecordedBoot[]> {
  const numbers = await fileNumbers(folder).catch(() => []);
  const files = (await Promise.all(numbers.map((number) => readRecord(pathOf(folder, number))))).flatMap(
    (file) => file ?? [],
  );
  return files.map(({ header, entries }, index) => {
    const former = files[index + 1]?.header.former;
    return {
      boot: header.boot,
      id: header.id,
      ...(former?.id === header.id && { end: former.end }),
      entries,
    };
  });
}

/** @param index 0 is the present boot, -1 the one before it, as in `journalctl --boot` */
export function selectBoot(boots: readonly RecordedBoot[], presentId: string, index: number): RecordedBoot | undefined {
  const present = boots.at(-1)?.id === presentId ? boots.length - 1 : boots.length;
  return boots[present + index];
}

async function readRecord(
  path: string,
): Promise<{ readonly header: BlackBoxHeader; readonly entries: readonly BlackBoxEntry[] } | undefined> {
  const [header, ...entries] = (await readFile(path, withoutWaiting).catch(() => '')).split('\n').map(parsed);
  if (!isHeader(header)) return undefined;
  return { header, entries: entries.filter(isEntry).toSorted((one, other) => one.at - other.at) };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isHeader(value: unknown): value is BlackBoxHeader {
  return typeof value === 'object' && value !== null && (value as BlackBoxHeader).blackBox === 1;
}

function isEntry(value: unknown): value is BlackBoxEntry {
  const entry = value as Partial<BlackBoxEntry> | undefined;
  return (
    typeof entry?.at === 'number' && [entry.kind, entry.source, entry.text].every((part) => typeof part === 'string')
  );
}
