import { Duration } from '../clock/duration.js';

/**
 * What things cost in steps of a `WorkBudget`, measured with the worst data that was found. Characters are UTF-16 units.
 */

/** To walk a text once without looking at its letters one by one: to join, compare or copy it. */
export function lengthWork(text: string): number {
  return text.length / 16;
}

/** To take a text apart into code points or pieces. */
export function letterWork(text: string): number {
  return text.length * 4;
}

/** To find a part in a text: a long part that nearly matches everywhere is compared again and again. */
export function searchWork(text: string, part: string): number {
  return text.length * (0.5 + Math.min(part.length, 1_000) / 50);
}

const perValue = 10;

/**
 * To walk a value with all that is in it once, to compare it or to write it as JSON. The walk ends when the work exceeds the
 * bound.
 */
export function walkWork(value: unknown, bound: number): number {
  const waiting = [value];
  let work = 0;
  while (waiting.length > 0 && work <= bound) {
    const item = waiting.pop();
    work += perValue;
    if (typeof item === 'string') work += item.length / 2;
    else if (typeof item !== 'object' || item === null || item instanceof Date || item instanceof Duration) continue;
    else if (item instanceof Uint8Array) work += item.length;
    else {
      const parts: readonly unknown[] = Array.isArray(item) ? item : Object.values(item);
      if (work + parts.length * perValue > bound) return work + parts.length * perValue;
      if (!Array.isArray(item)) for (const key of Object.keys(item)) work += perValue + key.length / 2;
      for (const part of parts) waiting.push(part);
    }
  }
  return work;
}

/** To compare two values; a text with one of another length costs nothing. */
export function comparisonWork(left: unknown, right: unknown, bound: number): number {
  if (typeof left === 'string') return typeof right === 'string' ? Math.min(lengthWork(left), lengthWork(right)) : 0;
  return typeof left === 'object' && typeof right === 'object' ? walkWork(left, bound) : 0;
}
