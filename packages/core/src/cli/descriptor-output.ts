import { closeSync, constants, openSync, write, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import type { Clock, Timer } from '../clock/clock.js';

/** Until a terminal that takes nothing is asked again. */
const pause = 100;

type Done = () => void;

/**
 * Writes to a terminal or a file without blocking the event loop; `process.stdout` does block on both. What cannot be
 * written is dropped without an error.
 */
export class DescriptorOutput extends Writable {
  readonly #reopened: number | undefined;
  #retry: Timer | undefined;

  constructor(
    private readonly descriptor: number,
    private readonly isTerminal: boolean,
    private readonly clock: Clock,
  ) {
    super();
    this.#reopened = isTerminal ? reopenedTerminal(descriptor) : undefined;
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this.#reopened === undefined) {
      // A thread of the pool is what waits for a file, or for a terminal of another user.
      write(this.descriptor, bytes, (error, written) => this.#goOn(bytes, error?.code, written, done));
      return;
    }
    try {
      this.#goOn(bytes, undefined, writeSync(this.#reopened, bytes), done);
    } catch (error) {
      this.#goOn(bytes, (error as NodeJS.ErrnoException).code, 0, done);
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#retry?.cancel();
    if (this.#reopened !== undefined) closeSync(this.#reopened);
    done(error);
  }

  #goOn(bytes: Buffer, fault: string | undefined, written: number, done: Done): void {
    if ((fault !== undefined && fault !== 'EAGAIN') || written === bytes.length) return done();
    const rest = bytes.subarray(written);
    const delay = written === 0 ? pause : 0;
    this.#retry = this.clock.schedule(delay, () => this._write(rest, 'utf8', done), 'write to the log');
  }
}

/**
 * The same terminal in a description of its own (open(2)): O_NONBLOCK on the one at hand would be on for every process that
 * has it. O_NOCTTY keeps it from becoming our controlling terminal.
 * @returns undefined where it cannot be opened, as that of another user
 */
function reopenedTerminal(descriptor: number): number | undefined {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return undefined;
  }
}
