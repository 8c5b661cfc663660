import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Clock, Timer } from '../clock/clock.js';

export type FileContent =
  { readonly bytes: Buffer } | { readonly fault: 'missing' | 'too-large' | 'unreadable'; readonly detail: string };

/** Reads a whole regular file of at most so many bytes. */
type Read = (path: string, maximumBytes: number) => Promise<FileContent>;

/** Enough for a slow card; a mount that takes longer hangs. */
const patience = 10_000;
/** Of the four threads in which Node reads files, the ledger needs one. */
const mostHanging = 2;

/**
 * Reads the files that others bring: neither a pipe that nobody writes to, nor a device that never ends, nor a mount whose
 * server is gone can hold up the engine. A read that hangs cannot be taken back, and keeps a thread until it returns; the same
 * file is not read again before.
 */
export class FileReader {
  readonly #hanging = new Set<string>();

  constructor(
    private readonly clock: Clock,
    private readonly readFile: Read = readRegularFile,
  ) {}

  async read(path: string, maximumBytes: number): Promise<FileContent> {
    if (this.#hanging.has(path) || this.#hanging.size >= mostHanging) {
      return unreadable(`an earlier read of ${[...this.#hanging].join(' and ')} still hangs`);
    }
    const reading = this.readFile(path, maximumBytes);
    let timer: Timer | undefined;
    const tooLate = new Promise<FileContent>((resolve) => {
      timer = this.clock.schedule(
        patience,
        () => {
          this.#hanging.add(path);
          resolve(unreadable(`nothing came within ${patience / 1_000} s`));
        },
        `read ${path}`,
      );
    });
    try {
      return await Promise.race([reading, tooLate]);
    } finally {
      timer?.cancel();
      void reading.finally(() => this.#hanging.delete(path));
    }
  }
}

async function readRegularFile(path: string, maximumBytes: number): Promise<FileContent> {
  try {
    // Before the file is opened: to open some devices, such as a watchdog, is to use them.
    if (!(await stat(path)).isFile()) return unreadable('it is not a regular file');
    // A pipe that came in between is then opened without waiting for a writer.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) return unreadable('it is not a regular file');
      const bytes = Buffer.alloc(maximumBytes + 1);
      let length = 0;
      for (let read = 1; read > 0 && length < bytes.length; length += read) {
        ({ bytesRead: read } = await file.read(bytes, length, bytes.length - length));
      }
      if (length > maximumBytes) {
        return { fault: 'too-large', detail: `it has more than ${maximumBytes} bytes, which is all that is read` };
      }
      return { bytes: bytes.subarray(0, length) };
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { fault: 'missing', detail: code } : unreadable(code ?? message);
  }
}

function unreadable(detail: string): FileContent {
  return { fault: 'unreadable', detail };
}
