import type { BlackBoxEntry } from './black-box-entry.js';

/** With the bound on bytes, entries that wait for the file are under 1 MiB of memory. */
const capacity = 4_000;
/** Fits into a file together with the half of it that stays when it is full. */
const longestRecord = 120 * 1024;
/** What is older tells nothing about an end; only readings wait for so long, because they start no write. */
const longestWait = 30 * 60_000;

interface Line {
  readonly at: number;
  readonly text: string;
  readonly bytes: number;
}

/** Entries that wait to be written, as lines: bounded in number, bytes and age, the oldest give way. */
export class BlackBoxRing {
  #lines: Line[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  add(entry: BlackBoxEntry): void {
    const text = `${JSON.stringify(entry)}\n`;
    this.#push({ at: entry.at, text, bytes: Buffer.byteLength(text) });
  }

  /**
   * Takes all lines out, oldest first.
   * @param now boottime in milliseconds
   */
  take(now: number): readonly Line[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#bytes = 0;
    return lines.filter(({ at }) => at >= now - longestWait);
  }

  /** Puts lines back that could not be written, before those that came since. */
  restore(lines: readonly Line[]): void {
    const newer = this.#lines;
    this.#lines = [];
    this.#bytes = 0;
    for (const line of [...lines, ...newer]) this.#push(line);
  }

  #push(line: Line): void {
    this.#lines.push(line);
    this.#bytes += line.bytes;
    if (this.#bytes > longestRecord || this.#lines.length > capacity) this.#makeRoom();
  }

  /** A quarter at once, so that a storm does not move the rest for each line. */
  #makeRoom(): void {
    const leaving = this.#lines.splice(0, Math.ceil(this.#lines.length / 4));
    for (const { bytes } of leaving) this.#bytes -= bytes;
  }
}
