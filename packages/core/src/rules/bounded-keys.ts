interface Entry<Value> {
  readonly value: Value;
  usedAt: number;
}

/**
 * A map that is bounded in number and in idle time, for state that is kept for each key of untrusted events. It needs no
 * timer: entries expire when another key comes.
 */
export class BoundedKeys<Value> {
  /** In order of last use, the longest unused first. */
  readonly #entries = new Map<string, Entry<Value>>();
  #lastUsed: Entry<Value> | undefined;

  /**
   * @param now boottime in milliseconds
   * @param mayLeave whether an entry is idle, so that it can make room
   * @param onLeave called for each entry that is evicted
   */
  constructor(
    private readonly bound: { readonly entries: number; readonly idleMilliseconds: number },
    private readonly now: () => number,
    private readonly mayLeave: (value: Value) => boolean,
    private readonly onLeave: (value: Value, key: string) => void,
  ) {}

  /** The entry of a key without using it. */
  peek(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** The entry of a key, made when it is missing; undefined when all entries are busy and there is no room. */
  use(key: string, make: () => Value): Value | undefined {
    const present = this.#entries.get(key);
    if (!present) {
      this.#expire();
      if (this.#entries.size >= this.bound.entries && !this.#evictOldest()) return undefined;
    }
    const entry = present ?? { value: make(), usedAt: 0 };
    entry.usedAt = this.now();
    if (entry === this.#lastUsed) return entry.value;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#lastUsed = entry;
    return entry.value;
  }

  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    if (entry === this.#lastUsed) this.#lastUsed = undefined;
    this.onLeave(entry.value, key);
  }

  values(): Value[] {
    return Array.from(this.#entries.values(), ({ value }) => value);
  }

  entries(): [string, Value][] {
    return [...this.#entries].map(([key, { value }]) => [key, value]);
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) this.remove(key);
  }

  #expire(): void {
    const oldestAllowed = this.now() - this.bound.idleMilliseconds;
    for (const [key, { value, usedAt }] of this.#entries) {
      if (usedAt > oldestAllowed) return;
      if (this.mayLeave(value)) this.remove(key);
    }
  }

  #evictOldest(): boolean {
    for (const [key, { value }] of this.#entries) {
      if (!this.mayLeave(value)) continue;
      this.remove(key);
      return true;
    }
    return false;
  }
}

/** At most 1,000 keys for each rule; a key that was not used for a day makes room, in a pattern a day after its span. */
export const keyBound = { entries: 1_000, idleMilliseconds: 86_400_000 } as const;
