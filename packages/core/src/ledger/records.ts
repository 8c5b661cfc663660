import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from './ledger.js';

/** The records in memory, each under a scope and a key. A scope without records is gone. */
export class Records {
  readonly #scopes = new Map<string, Map<string, JsonValue>>();

  read(scope: string, key: string): JsonValue | undefined {
    return this.#scopes.get(scope)?.get(key);
  }

  entries(scope: string): ReadonlyMap<string, JsonValue> {
    return new Map(this.#scopes.get(scope));
  }

  scopes(): readonly string[] {
    return [...this.#scopes.keys()];
  }

  *all(): Iterable<readonly [scope: string, key: string, value: JsonValue]> {
    for (const [scope, records] of this.#scopes) {
      for (const [key, value] of records) yield [scope, key, value];
    }
  }

  /** The value is copied as a disk would: changing it afterwards changes nothing here. Returns whether it is new. */
  write(scope: string, key: string, value: JsonValue): boolean {
    const copy = JSON.parse(JSON.stringify(value)) as JsonValue;
    if (isDeepStrictEqual(copy, this.read(scope, key))) return false;
    this.put(scope, key, copy);
    return true;
  }

  /** Takes the value as it is. */
  put(scope: string, key: string, value: JsonValue): void {
    const records = this.#scopes.get(scope) ?? new Map<string, JsonValue>();
    this.#scopes.set(scope, records.set(key, value));
  }

  /** Returns whether there was one. */
  remove(scope: string, key: string): boolean {
    const records = this.#scopes.get(scope);
    if (!records?.delete(key)) return false;
    if (records.size === 0) this.#scopes.delete(scope);
    return true;
  }
}
