import { basename, dirname, join } from 'node:path';
import type { FSWatcher } from 'chokidar';
import type { Clock, Timer } from '../clock/clock.js';
import { Turns } from './turns.js';
import { namesBehind, nearestFolders, withFoldersAbove } from './watched-names.js';

/** Editors write a file in several steps; it is read when they have been quiet for this long. */
const quietTime = 200;

/**
 * Watches the folders of some files, because an atomic save replaces a file and a watch on it would end with it; and those of
 * the symbolic links that lead to them.
 */
export class FileWatch {
  #files: ReadonlySet<string> = new Set();
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;
  /** Watchers come and go one after the other. */
  readonly #turns = new Turns();

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
    await this.#turns.take(() => this.#renew());
  }

  async close(): Promise<void> {
    this.#files = new Set();
    await this.#turns.take(async () => this.#watcher?.close());
    this.#timer?.cancel();
  }

  /** The former watcher stays until its successor notices changes. */
  async #renew(): Promise<void> {
    if (this.#files.size === 0) return;
    const { watch } = await import('chokidar');
    const former = this.#watcher;
    const names = this.#names();
    const watched = withFoldersAbove(names);
    const asWritten = new Map([...this.#files].map((file) => [namesBehind(dirname(file)).at(-1), dirname(file)]));
    const isWatched = (path: string): boolean => {
      const folder = asWritten.get(dirname(path));
      return watched.has(path) || (folder !== undefined && this.isOneMore(join(folder, basename(path))));
    };
    const folders = nearestFolders(names);
    const watcher = watch(folders, {
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      ignored: (path) => !isWatched(path),
    });
    this.#watcher = watcher;
    let isReady = false;
    watcher.on('all', (event, path) => {
      // Links are announced before, in spite of `ignoreInitial`.
      if ((isReady || event !== 'add') && isWatched(path)) this.#changed();
    });
    await new Promise<void>((ready) => {
      watcher.once('ready', () => {
        isReady = true;
        ready();
      });
      watcher.on('error', (error) => {
        this.onError(error);
        ready();
      });
    });
    await former?.close();
    const isSame = this.#names().join('\n') === names.join('\n');
    if (!isSame || nearestFolders(names).join('\n') !== folders.join('\n')) await this.#renew();
  }

  #names(): readonly string[] {
    return [...new Set([...this.#files].flatMap(namesBehind))];
  }

  #changed(): void {
    this.#timer?.cancel();
    this.#timer = this.clock.schedule(quietTime, () => void this.#tell(), 'change of the file');
  }

  /** A folder may have been moved away, and another be in its place: what was watched is looked up anew before it is read. */
  async #tell(): Promise<void> {
    await this.#turns.take(() => this.#renew());
    if (this.#files.size > 0) this.onChange();
  }
}
