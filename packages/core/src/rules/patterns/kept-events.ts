import { sizeOfValue } from '../../schemas/value-size.js';
import type { ByteBudget } from '../byte-budget.js';

/** What an event takes besides its content, with its timer and its key. */
const eventSize = 1_024;

/** The events that one pattern keeps, by key, within the memory of all rules. The longest unused makes room. */
export class KeptEvents {
  readonly #sizes = new Map<string, number>();

  /** @param evict lets a key leave the pattern; has to call `forget` */
  constructor(
    private readonly budget: ByteBudget,
    private readonly evict: (key: string) => void,
  ) {}

  /** @returns false when there is no room although no other key is left */
  keep(key: string, event: unknown): boolean {
    this.forget(key);
    const size = eventSize + sizeOfValue(event, this.budget.bytes);
    while (!this.budget.take(size)) {
      const [oldest] = this.#sizes.keys();
      if (oldest === undefined) return false;
      this.evict(oldest);
    }
    this.#sizes.set(key, size);
    return true;
  }

  forget(key: string): void {
    this.budget.giveBack(this.#sizes.get(key) ?? 0);
    this.#sizes.delete(key);
  }

  clear(): void {
    for (const key of [...this.#sizes.keys()]) this.forget(key);
  }
}
