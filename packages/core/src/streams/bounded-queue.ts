/** First in, first out, in a fixed amount of memory: when it is full the oldest entry gives way and is counted. */
export class BoundedQueue<Entry> {
  readonly #entries: (Entry | undefined)[] = [];
  #first = 0;
  #length = 0;
  #dropped = 0;

  constructor(readonly capacity: number) {}

  get length(): number {
    return this.#length;
  }

  /** Entries that gave way since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  push(entry: Entry): void {
    if (this.#length === this.capacity) {
      this.shift();
      this.#dropped++;
    }
    this.#entries[(this.#first + this.#length) % this.capacity] = entry;
    this.#length++;
  }

  /** The oldest entry, undefined when there is none. */
  shift(): Entry | undefined {
    if (this.#length === 0) return undefined;
    const entry = this.#entries[this.#first];
    this.#entries[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.capacity;
    this.#length--;
    return entry;
  }
}
