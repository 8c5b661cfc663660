import { LedgerFolder } from './ledger-folder.js';

/** What can go wrong with a disk that stays in the machine; names of errno(3). */
export type DiskFault = 'ENOSPC' | 'EROFS' | 'EIO';

/**
 * Where an operation is interrupted: `before` it did anything, when it is `torn` (half of its bytes are written; a sync has
 * secured half of them, a removal is done), or `after` it.
 */
export type Moment = 'before' | 'torn' | 'after';

/** What a power cut makes of that which was never synced. */
export interface Survival {
  /** How many of the bytes that a file has grown by, and were not synced, are left behind; default none. */
  readonly unsynced?: (bytes: number, name: string) => number;
  /** Whether files that were removed are there again; default gone. */
  readonly removed?: 'gone' | 'back';
}

interface SimulatedFile {
  bytes: Buffer;
  /** What a power cut leaves at least; undefined while the name of the file is not safe. */
  synced: Buffer | undefined;
  removed: boolean;
}

/**
 * A disk in memory that keeps over a power cut what a real one has to keep: what was synced. It counts its operations, can
 * be interrupted at any of them, and fails when it is told to.
 */
export class SimulatedDisk {
  readonly #files = new Map<string, SimulatedFile>();
  #user: SimulatedFolder | undefined;
  #onTaken: (() => void) | undefined;
  #interruption: { readonly operation: number; readonly moment: Moment } | undefined;
  #wasInterrupted = false;
  /** Operations that change the disk (append, overwrite, sync, remove) so far. */
  operations = 0;
  /** Of these, the syncs. */
  syncs = 0;
  /** Bytes that were appended and overwritten so far. */
  bytesWritten = 0;
  /** Every operation that changes the disk fails with this one, until it is undefined again; ENOSPC lets files be removed. */
  fault: DiskFault | undefined;
  /** Bytes that still fit; default: any number. The write that does not fit is torn and fails with ENOSPC. */
  space = Infinity;

  /**
   * The folder as a process sees it that starts now.
   * @param onTaken called when it is taken from the process, which does not know that it is dead then
   * @throws Error `EWOULDBLOCK` while another one has it
   */
  open(onTaken?: () => void): LedgerFolder {
    if (this.#user) throw errno('EWOULDBLOCK');
    this.#user = new SimulatedFolder(this);
    this.#onTaken = onTaken;
    this.#wasInterrupted = false;
    return this.#user;
  }

  /** Ends the process that has the folder, as `kill -9` does: all that it wrote stays, and it writes nothing any more. */
  kill(): void {
    if (this.#user) this.#onTaken?.();
    this.#user = undefined;
  }

  /** Ends the process and forgets what was not synced, as far as it does not survive by luck. */
  cutPower({ unsynced = () => 0, removed = 'gone' }: Survival = {}): void {
    this.kill();
    for (const [name, file] of this.#files) {
      const safe = file.synced ?? Buffer.alloc(0);
      const grown = file.bytes.subarray(safe.length);
      const kept = grown.subarray(0, unsynced(grown.length, name));
      if (file.removed ? removed === 'gone' : !file.synced && kept.length === 0) this.#files.delete(name);
      file.removed = false;
      file.bytes = file.synced = Buffer.concat([safe, kept]);
    }
  }

  /** Kills the process at the operation with this number, counted from 0 as `operations` does. */
  interruptAt(operation: number, moment: Moment): void {
    this.#interruption = { operation, moment };
  }

  /** Whether the last process that opened the folder has come to the operation of `interruptAt`. */
  get wasInterrupted(): boolean {
    return this.#wasInterrupted;
  }

  /** Whether the folder was closed, or taken from its process by `kill`, `cutPower` or an interruption. */
  isTakenFrom(folder: LedgerFolder): boolean {
    return this.#user !== folder;
  }

  /** A file as it is now, to look at or to damage; undefined when it is not there. */
  file(name: string): Buffer | undefined {
    const file = this.#files.get(name);
    return file?.removed === false ? file.bytes : undefined;
  }

  /** Puts a file on the disk, safe from power cuts. */
  put(name: string, bytes: Buffer): void {
    this.#files.set(name, { bytes, synced: bytes, removed: false });
  }

  names(): readonly string[] {
    return [...this.#files].filter(([, { removed }]) => !removed).map(([name]) => name);
  }

  write(name: string, bytes: Buffer, place: 'end' | 'beginning'): void {
    this.#change(bytes.length, (length) => {
      const fitting = Math.min(length, this.space);
      const file = this.#fileOf(name);
      const part = bytes.subarray(0, fitting);
      file.bytes = place === 'end' ? Buffer.concat([file.bytes, part]) : overlay(file, part);
      this.bytesWritten += fitting;
      this.space -= fitting;
      if (fitting < length) throw errno('ENOSPC');
    });
  }

  sync(name: string): void {
    this.syncs++;
    const file = this.#fileOf(name);
    const safe = file.synced?.length ?? 0;
    this.#change(file.bytes.length - safe, (length) => (file.synced = file.bytes.subarray(0, safe + length)));
  }

  remove(name: string): void {
    const file = this.#files.get(name);
    if (!file || file.removed) return;
    this.#change(0, () => {
      file.removed = true;
      this.space += file.bytes.length;
    });
  }

  /** Does an operation on as many bytes as its fate allows. */
  #change(length: number, work: (length: number) => void): void {
    const operation = this.operations++;
    const moment = this.#interruption?.operation === operation ? this.#interruption.moment : undefined;
    if (moment === undefined) {
      if (this.fault && !(this.fault === 'ENOSPC' && length === 0)) throw errno(this.fault);
      return work(length);
    }
    if (moment !== 'before') work(moment === 'torn' ? length >> 1 : length);
    this.#wasInterrupted = true;
    this.kill();
    throw errno('EIO');
  }

  /** A file that was removed and is made again is another one: of the old, nothing is left to come back. */
  #fileOf(name: string): SimulatedFile {
    const present = this.#files.get(name);
    if (present && !present.removed) return present;
    const file: SimulatedFile = { bytes: Buffer.alloc(0), synced: undefined, removed: false };
    this.#files.set(name, file);
    return file;
  }
}

/** A process that was killed in the middle of its work may still be there in the test; its disk is not. */
class SimulatedFolder extends LedgerFolder {
  constructor(private readonly disk: SimulatedDisk) {
    super();
  }

  override list(): readonly string[] {
    return this.#disk.names();
  }

  override read(name: string): Buffer | undefined {
    return this.#disk.file(name);
  }

  override append(name: string, bytes: Buffer): void {
    this.#disk.write(name, bytes, 'end');
  }

  override overwrite(name: string, bytes: Buffer): void {
    this.#disk.write(name, bytes, 'beginning');
  }

  override async sync(name: string): Promise<void> {
    this.#disk.sync(name);
  }

  override remove(name: string): void {
    this.#disk.remove(name);
  }

  override close(): void {
    if (!this.disk.isTakenFrom(this)) this.disk.kill();
  }

  get #disk(): SimulatedDisk {
    if (this.disk.isTakenFrom(this)) throw errno('EIO');
    return this.disk;
  }
}

function overlay(file: SimulatedFile, part: Buffer): Buffer {
  return Buffer.concat([part, file.bytes.subarray(part.length)]);
}

function errno(code: string): Error {
  return Object.assign(new Error(code), { code });
}
