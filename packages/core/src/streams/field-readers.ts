import { type FieldPath, FieldSet, keyOfPath } from '../schemas/field-set.js';

/** Those who read fields of one state now, counted for each field: thousands may read the same few. */
export class FieldReaders {
  readonly #counts = new Map<string, { readonly path: FieldPath; count: number }>();
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** What they read together. */
  get fields(): FieldSet {
    return new FieldSet([...this.#counts.values()].map(({ path }) => path));
  }

  add({ paths }: FieldSet): void {
    this.#size++;
    for (const path of paths) {
      const key = keyOfPath(path);
      const counted = this.#counts.get(key) ?? { path, count: 0 };
      counted.count++;
      this.#counts.set(key, counted);
    }
  }

  /** @param fields of one that was added */
  remove({ paths }: FieldSet): void {
    this.#size--;
    for (const path of paths) {
      const key = keyOfPath(path);
      const counted = this.#counts.get(key)!;
      counted.count--;
      if (counted.count === 0) this.#counts.delete(key);
    }
  }
}
