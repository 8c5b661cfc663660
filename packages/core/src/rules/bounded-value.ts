import { Duration } from '../clock/duration.js';

/** Longer texts are cut before they are searched for secrets, where far less of them is kept. */
const longestSearched = 65_536;

/** What is nested deeper is left out; it also ends circles. */
const deepest = 20;

/** What a number, a boolean or an entry of a list counts for. */
const smallest = 8;

/**
 * A copy of a JSON-like value for a person to read: texts, lists and maps are cut where the copy has `limit` characters, and
 * each cut says what is left out. The work grows with what is kept and not with the value. Secrets are masked before anything
 * is cut, so that no half of one stays.
 *
 * Bytes that do not fit are reported by their number; of what is no data, such as an instance of a class, its own text is kept.
 */
export function boundedValue(value: unknown, limit: number, mask: (text: string) => string): BoundedValue {
  const copy = new BoundedCopy(limit, mask);
  return { value: copy.of(value, 0), size: copy.size };
}

export interface BoundedValue {
  readonly value: unknown;
  /** Characters that the copy takes. */
  readonly size: number;
}

class BoundedCopy {
  size = 0;

  constructor(
    private readonly limit: number,
    private readonly mask: (text: string) => string,
  ) {}

  of(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#text(value);
    this.size += smallest;
    if (value === null || typeof value !== 'object') return value;
    if (value instanceof Date || value instanceof Duration) return value;
    if (ArrayBuffer.isView(value)) return this.#bytes(value);
    if (depth === deepest) return '…';
    if (Array.isArray(value)) return this.#list(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#map(value, depth);
    return this.#text(writtenOut(value));
  }

  get #isFull(): boolean {
    return this.size >= this.limit;
  }

  #text(text: string): string {
    const searched = text.slice(0, Math.max(longestSearched, this.limit));
    const masked = this.mask(searched);
    const kept = masked.slice(0, Math.max(0, this.limit - this.size));
    this.size += kept.length + smallest;
    const isWhole = kept.length === masked.length && searched.length === text.length;
    return isWhole ? kept : `${kept}… (${text.length} characters)`;
  }

  #bytes(bytes: ArrayBufferView): unknown {
    if (this.size + bytes.byteLength > this.limit) return `${bytes.byteLength} bytes`;
    this.size += bytes.byteLength;
    return bytes;
  }

  #list(list: readonly unknown[], depth: number): unknown[] {
    const copy: unknown[] = [];
    for (const item of list) {
      if (this.#isFull) return [...copy, `… ${list.length - copy.length} more`];
      copy.push(this.of(item, depth + 1));
    }
    return copy;
  }

  #map(map: object, depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (const name in map) {
      if (this.#isFull) {
        entries.push(['…', `${Object.keys(map).length - entries.length} more`]);
        break;
      }
      entries.push([this.#text(name), this.of((map as Record<string, unknown>)[name], depth + 1)]);
    }
    return Object.fromEntries(entries);
  }
}

function writtenOut(value: object): string {
  if (value instanceof Map || value instanceof Set) return `${value.size} entries`;
  return 'toString' in value && value.toString !== Object.prototype.toString ? String(value) : '{…}';
}
