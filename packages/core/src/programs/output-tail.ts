import type { Readable } from 'node:stream';

/** Keeps the last bytes of a stream: a failing program says why at the end. */
export class OutputTail {
  #chunks: Buffer[] = [];
  #size = 0;
  #truncated = false;

  constructor(
    source: Readable,
    private readonly limit: number,
  ) {
    source.on('data', (chunk: Buffer) => this.#add(chunk));
    // A pipe that breaks has said all it will; the program's exit code decides.
    source.on('error', () => undefined);
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  toString(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  #add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size > this.limit) {
      this.#truncated = true;
      const first = this.#chunks[0]!;
      const surplus = Math.min(this.#size - this.limit, first.length);
      if (surplus === first.length) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(surplus);
      this.#size -= surplus;
    }
  }
}
