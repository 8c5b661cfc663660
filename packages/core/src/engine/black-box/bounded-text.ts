import type { SecretMask } from '../secret-mask.js';

/** Longer texts are cut before they are searched for secrets; what is kept of them is far shorter. */
const longestSearched = 65_536;

/**
 * A value as short text that reads like JSON, cut at `length` characters. The work grows with what is kept and not with
 * the value: events may be large. Secrets are masked before anything is cut, so that no half of one stays.
 */
export function boundedText(value: unknown, length: number, mask: SecretMask): string {
  const writer = new BoundedWriter(length, mask);
  writer.value(value, 0);
  return writer.text;
}

/** A chain that is deeper than this is cut; it also ends circles. */
const deepest = 6;

class BoundedWriter {
  #text = '';

  constructor(
    private readonly length: number,
    private readonly mask: SecretMask,
  ) {}

  get text(): string {
    return this.#text.length > this.length ? `${this.#text.slice(0, this.length)}…` : this.#text;
  }

  get #isFull(): boolean {
    return this.#text.length > this.length;
  }

  value(value: unknown, depth: number): void {
    if (this.#isFull) return;
    if (typeof value === 'string') this.#text += JSON.stringify(this.#masked(value));
    else if (value === null || typeof value !== 'object') this.#text += this.#masked(String(value));
    else if (depth === deepest) this.#text += '…';
    else if (Array.isArray(value)) this.#list(value, depth);
    else if (Object.getPrototypeOf(value) === Object.prototype) this.#map(value, depth);
    else this.#text += this.#masked(writtenOut(value));
  }

  #list(list: readonly unknown[], depth: number): void {
    this.#text += '[';
    for (let index = 0; index < list.length && !this.#isFull; index++) {
      if (index > 0) this.#text += ', ';
      this.value(list[index], depth + 1);
    }
    this.#text += ']';
  }

  #map(map: object, depth: number): void {
    this.#text += '{';
    let isFirst = true;
    for (const name in map) {
      if (this.#isFull) break;
      this.#text += `${isFirst ? '' : ', '}${this.#masked(name)}: `;
      this.value((map as Record<string, unknown>)[name], depth + 1);
      isFirst = false;
    }
    this.#text += '}';
  }

  #masked(text: string): string {
    return this.mask.text(text.length > longestSearched ? text.slice(0, longestSearched) : text).slice(0, this.length);
  }
}

/** Durations, dates, byte arrays and the like: by their own text, which is not asked of something large. */
function writtenOut(value: object): string {
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString();
  if (value instanceof Map || value instanceof Set) return `${value.size} entries`;
  return 'toString' in value && value.toString !== Object.prototype.toString ? String(value) : '{…}';
}
