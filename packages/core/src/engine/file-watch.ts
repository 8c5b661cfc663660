import { basename, dirname } from 'node:path';
import type { FSWatcher } from 'chokidar';
import type { Clock, Timer } from '../clock/clock.js';

/** Editors write a file in several steps; it is read when they have been quiet for this long. */
const quietTime = 200;

/** Watches the folders of some files, because an atomic save replaces a file and a watch on it would end with it. */
export class FileWatch {
  #files = new Set<string>();
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly onChange: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Resolves when changes are noticed. */
  async watch(files: readonly string[]): Promise<void> {
    const folders = [...new Set(files.map((file) => dirname(file)))];
    const previous = [...new Set([...this.#files].map((file) => dirname(file)))];
    this.#files = new Set(files);
    if (this.#watcher && folders.join('\n') === previous.join('\n')) return;
    await this.close();
    const { watch } = await import('chokidar');
    const names = new Set(files.map((file) => basename(file)));
    this.#watcher = watch(folders, {
      depth: 0,
      ignoreInitial: true,
      ignored: (path) => !folders.includes(path) && !names.has(basename(path)),
    });
    this.#watcher.on('all', (_event, path) => this.#files.has(path) && this.#changed());
    const watcher = this.#watcher;
    await new Promise<void>((ready) => {
      watcher.once('ready', ready);
      watcher.on('error', (error) => {
        this.onError(error);
        ready();
      });
    });
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#watcher?.close();
    this.#watcher = undefined;
  }

  #changed(): void {
    this.#timer?.cancel();
    this.#timer = this.clock.schedule(quietTime, () => this.onChange(), 'change of the file');
  }
}
