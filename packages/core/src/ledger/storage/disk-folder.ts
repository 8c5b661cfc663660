import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { coreError } from '../../diagnostics/core-errors.js';
import { makeFolder } from '../../host/make-folder.js';
import { openRegularFile, readRegularFile } from '../../host/regular-file.js';
import { errnoOf, LedgerFolder } from './ledger-folder.js';
import { upperLayerOf } from './upper-layer.js';

const sync = promisify(fdatasync);
/** The magic numbers of linux/magic.h. */
const [tmpfs, ramfs, overlayfs] = [0x01021994, 0x858458f6, 0x794c7630];
const lockName = 'lock';
/** In bytes: a record of this size is none that an engine wrote, and more than a small device can take in. */
const largestFile = 2 ** 27;
/** In milliseconds: `flock -n` does not wait for the lock, but a disk that hangs keeps the program from starting. */
const patienceWithFlock = 3_000;
const appending = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
const overwriting = constants.O_WRONLY | constants.O_CREAT;

/** A folder on a disk, made 0700 with files 0600, that one process at a time may write. */
export class DiskFolder extends LedgerFolder {
  readonly #open = new Map<string, number>();
  /** Files whose name may not be on the disk yet. */
  readonly #nameless = new Set<string>();

  private constructor(
    private readonly path: string,
    private lock: number | undefined,
    private readonly flock: string,
    /** Why two engines could write this folder at once; undefined when they cannot. */
    readonly unlocked: string | undefined,
  ) {
    super();
  }

  /**
   * @param flock the program of util-linux or busybox that takes the lock
   * @throws DeviceError `LEDGER_IN_USE` while another process holds the folder
   * @throws Error of the file system when the folder is neither there nor can be made, unless the disk is full: then it is made
   *   with its first file
   */
  static async open(path: string, flock = 'flock'): Promise<DiskFolder> {
    try {
      makeDurableFolder(path);
    } catch (error) {
      if (!isFull(error)) throw error;
      return new DiskFolder(path, undefined, flock, 'it cannot be made, because the disk is full');
    }
    const lock = openLock(join(path, lockName));
    if (typeof lock === 'string') return new DiskFolder(path, undefined, flock, lock);
    const outcome = takeLock(lock, flock);
    if (outcome === 'held') {
      closeSync(lock);
      throw coreError('LEDGER_IN_USE', `The state folder ${path} is in use by another engine.`);
    }
    return new DiskFolder(path, lock, flock, outcome === 'taken' ? undefined : outcome.reason);
  }

  /** Where its bytes lie (statfs(2), "f_type"). A boot forgets `memory`; a `layer` of a container ends with the container. */
  medium(procPath: string): 'memory' | 'layer' | 'disk' {
    const path = nearestFolder(this.path);
    const { type, blocks, files } = statfsSync(path);
    if (type === tmpfs || type === ramfs) return 'memory';
    if (type !== overlayfs) return 'disk';
    // An overlay gives the figures of its upper layer. Only a tmpfs has as many inodes as blocks, unless told otherwise; in a
    // container they tell of a layer whose mount only the host sees.
    if (blocks === files) return 'memory';
    const layer = upperLayerOf(realpathSync(path), readMountInfo(procPath));
    return layer === 'unseen' ? 'layer' : layer;
  }

  override list(): readonly string[] {
    try {
      return readdirSync(this.path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  override read(name: string): Buffer | undefined {
    try {
      return readRegularFile(join(this.path, name), largestFile);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  override append(name: string, bytes: Buffer): void {
    const file = this.#file(name, appending);
    // A short write is how a disk says that it is nearly full: the next one tells why.
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
  }

  override overwrite(name: string, bytes: Buffer): void {
    const open = this.#open.get(name);
    if (open !== undefined && !isAt(open, join(this.path, name))) this.#closeFile(name);
    const file = this.#file(name, overwriting);
    for (let written = 0; written < bytes.length;) {
      written += writeSync(file, bytes, written, bytes.length - written, written);
    }
  }

  override async sync(name: string): Promise<void> {
    const file = this.#file(name, appending);
    const synced = sync(file);
    // A file that somebody removed or replaced can still be written to, but nobody will ever read it again. Looking while the
    // disk works costs no time, and a later look would promise no more: the file can be removed right after any look.
    const isThere = isAt(file, join(this.path, name));
    await synced;
    if (!isThere) throw Object.assign(new Error(`${name} is no longer in its place`), { code: 'ENOENT' });
    if (this.#nameless.has(name)) syncFolder(this.path);
    this.#nameless.delete(name);
  }

  override remove(name: string): void {
    this.#closeFile(name);
    try {
      unlinkSync(join(this.path, name));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }

  override close(): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
    if (this.lock !== undefined) closeSync(this.lock);
  }

  #file(name: string, flags: number): number {
    const open = this.#open.get(name);
    if (open !== undefined) return open;
    const file = this.#make(name, flags);
    this.#open.set(name, file);
    this.#nameless.add(name);
    return file;
  }

  #make(name: string, flags: number): number {
    makeDurableFolder(this.path);
    this.#keepLock();
    return openRegularFile(join(this.path, name), flags, 0o600);
  }

  #closeFile(name: string): void {
    const file = this.#open.get(name);
    if (file !== undefined) closeSync(file);
    this.#open.delete(name);
  }

  /**
   * Where somebody removed the folder, the lock went with it, and another engine may have taken the one of the new folder. On
   * a full disk there was none.
   */
  #keepLock(): void {
    const path = join(this.path, lockName);
    if (this.lock !== undefined && isAt(this.lock, path)) return;
    const lock = openLock(path);
    if (typeof lock === 'string') return;
    if (takeLock(lock, this.flock) === 'held') {
      closeSync(lock);
      throw Object.assign(new Error(`${this.path} is in use by another engine`), { code: 'EBUSY' });
    }
    if (this.lock !== undefined) closeSync(this.lock);
    this.lock = lock;
  }
}

/** Whether an open file is still the one that the path names. */
function isAt(file: number, path: string): boolean {
  try {
    const [open, named] = [fstatSync(file, { bigint: true }), statSync(path, { bigint: true })];
    return open.dev === named.dev && open.ino === named.ino;
  } catch {
    return false;
  }
}

/** The folder, or where it is not there yet, the nearest one above it. */
function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error));
}

function readMountInfo(procPath: string): string {
  try {
    return readFileSync(join(procPath, 'self/mountinfo'), 'utf8');
  } catch {
    return '';
  }
}

/** Each new folder is only as durable as its name in the one above it. */
function makeDurableFolder(path: string): void {
  for (const made of makeFolder(path)) syncFolder(dirname(made));
}

function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(folder);
  } catch (error) {
    // fsync(2): some file systems have nothing to sync in a folder.
    if (errnoOf(error) !== 'EINVAL') throw error;
  } finally {
    closeSync(folder);
  }
}

/** A full or read-only disk has no place for a lock, but what it holds can still be read. Returns the file, or why not. */
function openLock(path: string): number | string {
  for (const flags of [constants.O_RDWR | constants.O_CREAT, constants.O_RDONLY]) {
    try {
      return openRegularFile(path, flags, 0o600);
    } catch (error) {
      if (!['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO', 'ENOENT', 'EINVAL'].includes(errnoOf(error))) throw error;
    }
  }
  return 'the file `lock` cannot be made';
}

type LockOutcome = 'taken' | 'held' | { readonly reason: string };

/**
 * A lock of flock(2) belongs to the open file description: the program `flock` of util-linux or busybox takes it on the one
 * that it inherits, and it stays with ours when the program ends, until our process does. It works between containers that
 * share a volume, because they share the kernel.
 */
function takeLock(lock: number, flock: string): LockOutcome {
  const { error, status, stderr } = spawnSync(flock, ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', lock],
    timeout: patienceWithFlock,
    killSignal: 'SIGKILL',
  });
  if (error && errnoOf(error) === 'ETIMEDOUT') return { reason: 'the program flock does not come back' };
  if (error) return { reason: `the program flock does not run (${errnoOf(error)})` };
  if (status === 0) return 'taken';
  const said = stderr.toString().trim().slice(0, 500);
  // Both programs end with 1 and without a word when somebody else has it.
  return said === '' ? 'held' : { reason: `flock says: ${said}` };
}
