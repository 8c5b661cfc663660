import type { JsonValue } from './ledger.js';

/** A record as it reaches the file. */
export interface StoredRecord {
  /** The scope and the key: the text of a JSON array without its last bracket. */
  readonly place: string;
  /** As JSON text; undefined when the record was removed. */
  readonly value: string | undefined;
}

interface ReadableRecord extends StoredRecord {
  value: string | undefined;
  /** What the text says, once somebody asked since it was written. */
  parsed: JsonValue | undefined;
}

/**
 * The records in memory, each under a scope and a key. A scope without records is gone. Values are kept as the text that is
 * compared and reaches the file; rules look at a record several times between two writes, so it is parsed for the first one.
 */
export class Records {
  readonly #scopes = new Map<string, Map<string, ReadableRecord>>();

  read(scope: string, key: string): JsonValue | undefined {
    const record = this.#scopes.get(scope)?.get(key);
    return record && valueOf(record);
  }

  entries(scope: string): ReadonlyMap<string, JsonValue> {
    return new Map(Array.from(this.#scopes.get(scope) ?? [], ([key, record]) => [key, valueOf(record)]));
  }

  scopes(): readonly string[] {
    return [...this.#scopes.keys()];
  }

  all(): readonly StoredRecord[] {
    return [...this.#scopes.values()].flatMap((records) => [...records.values()]);
  }

  /** Returns the record, or undefined when its text is the same as before. */
  write(scope: string, key: string, value: JsonValue): StoredRecord | undefined {
    const text = JSON.stringify(value);
    const present = this.#scopes.get(scope)?.get(key);
    if (!present) return this.#add(scope, key, text);
    if (present.value === text) return undefined;
    present.value = text;
    present.parsed = undefined;
    return present;
  }

  /** Returns what was removed, if anything. */
  remove(scope: string, key: string): StoredRecord | undefined {
    const records = this.#scopes.get(scope);
    const record = records?.get(key);
    if (!records || !record) return undefined;
    records.delete(key);
    if (records.size === 0) this.#scopes.delete(scope);
    record.value = undefined;
    record.parsed = undefined;
    return record;
  }

  #add(scope: string, key: string, value: string): StoredRecord {
    const record = { place: JSON.stringify([scope, key]).slice(0, -1), value, parsed: undefined };
    const records = this.#scopes.get(scope) ?? new Map<string, ReadableRecord>();
    this.#scopes.set(scope, records.set(key, record));
    return record;
  }
}

function valueOf(record: ReadableRecord): JsonValue {
  record.parsed ??= JSON.parse(record.value!) as JsonValue;
  return record.parsed;
}
