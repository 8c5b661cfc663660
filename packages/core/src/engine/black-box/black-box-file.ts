import { constants } from 'node:fs';
import { open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HostEnvironment } from '../../host/host-environment.js';
import { makeFolder } from '../../host/make-folder.js';
import { stateFolderOf } from '../../host/state-folder.js';
import type { BootRecord } from '../../ledger/boot-record.js';
import type { BlackBoxHeader } from './black-box-entry.js';

const largestFile = 256 * 1024;
/** What stays of a full file, so that it is not written anew for each line. */
const keptOfFullFile = largestFile / 2;
const remembersBoots = 5;
const fileName = /^(\d+)\.jsonl$/;

/** To read a text: a pipe that bears the name of a file is empty, and not waited for. */
export const withoutWaiting = { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NONBLOCK } as const;

/** The record of the present boot: one file, to which lines are appended. */
export class BlackBoxFile {
  private constructor(
    private readonly path: string,
    private readonly header: string,
  ) {}

  /**
   * Goes on with the file of the present boot, or begins one and forgets the oldest.
   * @param boots as the ledger has them, the present one last
   */
  static async open(folder: string, boots: readonly BootRecord[]): Promise<BlackBoxFile> {
    makeFolder(folder);
    const numbers = await fileNumbers(folder);
    const [former, present] = [boots.at(-2), boots.at(-1)!];
    const header: BlackBoxHeader = {
      blackBox: 1,
      boot: present.number,
      id: present.id,
      ...(former?.end && { former: { id: former.id, end: former.end } }),
    };
    const line = `${JSON.stringify(header)}\n`;
    const latest = numbers.at(-1);
    if (latest !== undefined && (await isOf(pathOf(folder, latest), present.id))) {
      return new BlackBoxFile(pathOf(folder, latest), line);
    }
    const file = new BlackBoxFile(pathOf(folder, (latest ?? 0) + 1), line);
    for (const number of numbers.slice(0, Math.max(0, numbers.length + 1 - remembersBoots))) {
      await rm(pathOf(folder, number), { force: true });
    }
    await replace(file.path, line);
    return file;
  }

  /** @param sync whether the lines must outlive a power cut; it costs an fsync */
  async append(text: string, { sync }: { readonly sync: boolean }): Promise<void> {
    if ((await this.#size()) + Buffer.byteLength(text) > largestFile) await this.#halve();
    // Not made anew: a file without a header belongs to no boot.
    const handle = await open(this.path, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
    try {
      const { size } = await handle.stat();
      try {
        await handle.writeFile(text);
        if (sync) await handle.datasync();
      } catch (error) {
        // The lines are written again: what a full disk took of them would be there twice, and spoil the first one.
        await handle.truncate(size);
        throw error;
      }
    } finally {
      await handle.close();
    }
  }

  async #size(): Promise<number> {
    return stat(this.path).then(
      ({ size }) => size,
      () => 0,
    );
  }

  async #halve(): Promise<void> {
    const content = await readFile(this.path);
    const tail = content.subarray(Math.max(0, content.length - keptOfFullFile));
    const kept = tail.subarray(tail.indexOf('\n') + 1);
    await replace(this.path, Buffer.concat([Buffer.from(this.header), kept]));
  }
}

/** Beside the ledger. */
export function blackBoxFolder(host: HostEnvironment): string {
  return join(stateFolderOf(host), 'black-box');
}

/** Files of the folder by number, the oldest first. Numbers count files: a ledger that was lost does not mix them up. */
export async function fileNumbers(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => Number(fileName.exec(name)?.[1] ?? [])).sort((one, other) => one - other);
}

export function pathOf(folder: string, number: number): string {
  return join(folder, `${number}.jsonl`);
}

/** By rename, so that a power cut leaves the old file or the new one. A full disk keeps nothing of an attempt. */
async function replace(path: string, content: string | Buffer): Promise<void> {
  const temporary = join(dirname(path), 'new');
  try {
    await writeFile(temporary, content, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function isOf(path: string, id: string): Promise<boolean> {
  try {
    const [line = ''] = (await readFile(path, withoutWaiting)).split('\n', 1);
    return (JSON.parse(line) as BlackBoxHeader).id === id;
  } catch {
    return false;
  }
}
