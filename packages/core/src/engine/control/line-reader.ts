/** Puts lines together from chunks; a line has a bounded number of bytes. */
export class LineReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isOverfull = false;

  constructor(private readonly largestLine: number) {}

  /** Whether a line was too long: nothing more can be read. */
  get isOverfull(): boolean {
    return this.#isOverfull;
  }

  push(chunk: Buffer): void {
    if (this.#isOverfull) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** The next whole line without its end; undefined while there is none. */
  next(): string | undefined {
    const isWhole = this.#chunks.some((chunk) => chunk.includes('\n'));
    const all = isWhole ? Buffer.concat(this.#chunks) : undefined;
    const end = all ? all.indexOf('\n') : this.#bytes;
    if (end > this.largestLine) {
      this.#isOverfull = true;
      this.#chunks = [];
    }
    if (!all || this.#isOverfull) return undefined;
    this.#chunks = [all.subarray(end + 1)];
    this.#bytes = all.length - end - 1;
    return all.toString('utf8', 0, end);
  }
}
