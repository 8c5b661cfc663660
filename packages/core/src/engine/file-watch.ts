import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FSWatcher } from 'chokidar';
import type { Clock, Timer } from '../clock/clock.js';

/** Editors write a file in several steps; it is read when they have been quiet for this long. */
const quietTime = 200;

/** Watches the folders of some files, because an atomic save replaces a file and a watch on it would end with it. */
export class FileWatch {
  #files: ReadonlySet<string> = new Set();
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;
  /** Watchers come and go one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly clock: Clock,
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void,
    /** Of the folders that are watched: a file that may be new there and belongs to the others. */
    private readonly isOneMore: (path: string) => boolean = () => false,
  ) {}

  /** Resolves when changes of these files are noticed; one that was seen before is still told. */
  async watch(files: Iterable<string>): Promise<void> {
    const wanted = new Set(files);
    if (wanted.size === this.#files.size && [...wanted].every((file) => this.#files.has(file))) return;
    this.#files = wanted;
    await this.#inTurn(() => this.#renew());
  }

  async close(): Promise<void> {
    this.#files = new Set();
    await this.#inTurn(async () => this.#watcher?.close());
    this.#timer?.cancel();
  }

  /** The former watcher stays until its successor notices changes. */
  async #renew(): Promise<void> {
    if (this.#files.size === 0) return;
    const { watch } = await import('chokidar');
    const former = this.#watcher;
    const watched = withFoldersAbove(this.#files);
    const isWatched = (path: string): boolean => watched.has(path) || this.isOneMore(path);
    const folders = nearestFolders(this.#files);
    const watcher = watch(folders, {
      depth: 0,
      ignoreInitial: true,
      ignored: (path) => !isWatched(path),
    });
    this.#watcher = watcher;
    watcher.on('all', (_event, path) => isWatched(path) && this.#changed());
    await new Promise<void>((ready) => {
      watcher.once('ready', ready);
      watcher.on('error', (error) => {
        this.onError(error);
        ready();
      });
    });
    await former?.close();
    if (nearestFolders(this.#files).join('\n') !== folders.join('\n')) await this.#renew();
  }

  #changed(): void {
    this.#timer?.cancel();
    this.#timer = this.clock.schedule(quietTime, () => void this.#tell(), 'change of the file');
  }

  /** A folder may have been moved away, and another be in its place: what was watched is looked up anew before it is read. */
  async #tell(): Promise<void> {
    await this.#inTurn(() => this.#renew());
    if (this.#files.size > 0) this.onChange();
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** Of each file the nearest folder above it that is there: chokidar would find it, but says that it is ready before it has. */
function nearestFolders(files: Iterable<string>): string[] {
  return [...new Set([...files].map(nearestFolder))];
}

function nearestFolder(path: string): string {
  const folder = dirname(path);
  return existsSync(folder) ? folder : nearestFolder(folder);
}

/** A folder that is missing is noticed when it is made. */
function withFoldersAbove(files: Iterable<string>): ReadonlySet<string> {
  const paths = new Set(files);
  for (const path of paths) paths.add(dirname(path));
  return paths;
}
