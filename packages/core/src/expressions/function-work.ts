import { lengthWork, letterWork, searchWork, walkWork } from './work.js';

/*
 * The steps that the functions of the language need with the values at hand.
 */

/** To set up a calendar for one call. */
export const timeZoneWork = 5_000;

const stepsPerKey = 10;
const stepsPerPiece = 12;

export function walkOnce(bound: number, value: unknown): number {
  return walkWork(value, bound);
}

export function sizeWork(_bound: number, value: string | object): number {
  if (typeof value === 'string') return letterWork(value);
  return Array.isArray(value) || value instanceof Uint8Array ? 0 : stepsPerKey * Object.keys(value).length;
}

export function parseWork(_bound: number, value: unknown): number {
  return typeof value === 'string' ? 5 * letterWork(value) : 0;
}

export function caseWork(_bound: number, value: string): number {
  return 3 * letterWork(value);
}

export function endWork(_bound: number, _value: string, end: string): number {
  return lengthWork(end);
}

export function findWork(_bound: number, value: string, part: string): number {
  return searchWork(value, part);
}

export function takeApartWork(_bound: number, value: string, part: unknown): number {
  return letterWork(value) + (typeof part === 'string' ? searchWork(value, part) : 0);
}

/** The result may be much larger than what it is made from. */
export function replaceWork(bound: number, value: string, part: string, by: string): number {
  let work = searchWork(value, part);
  const perPlace = stepsPerPiece + lengthWork(by);
  if (part === '') return work + perPlace * (value.length + 1);
  for (let at = value.indexOf(part); at >= 0 && work <= bound; at = value.indexOf(part, at + part.length)) {
    work += perPlace;
  }
  return work;
}

export function joinWork(bound: number, values: readonly unknown[], separator = ''): number {
  let work = values.length * (stepsPerPiece + lengthWork(separator));
  if (work > bound) return work;
  for (const value of values) if (typeof value === 'string') work += lengthWork(value);
  return work;
}
