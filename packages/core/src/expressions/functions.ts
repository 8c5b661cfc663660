import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { ValueType } from '../schemas/value-type.js';
import { calendarFields, type CalendarFields } from './calendar.js';
import {
  caseWork,
  endWork,
  findWork,
  joinWork,
  parseWork,
  replaceWork,
  sizeWork,
  takeApartWork,
  timeZoneWork,
  walkOnce,
} from './function-work.js';
import { computedMatchWork, matchesPattern } from './regular-expression.js';
import { booleanType, durationType, dynamicType, numberType, stringType, timestampType } from './term.js';
import type { ValueKind } from './type-relations.js';

/** A function of the language. As a method the receiver is the first argument: `text.size()` is `size(text)`. */
export interface FunctionDefinition {
  readonly name: string;
  readonly method: boolean;
  /** The kinds that each argument may have; undefined takes any. */
  readonly parameters: readonly (readonly ValueKind[] | undefined)[];
  readonly result: ValueType;
  run(...values: never[]): unknown;
  /** Steps of the budget that grow with the values; left out where they do not. The walk over a value ends beyond the bound. */
  work?(bound: number, ...values: never[]): number;
}

type Parameters = readonly (readonly ValueKind[] | undefined)[];

const plain = (
  name: string,
  parameters: Parameters,
  result: ValueType,
  run: FunctionDefinition['run'],
  work?: FunctionDefinition['work'],
): FunctionDefinition => ({ name, method: false, parameters, result, run, ...(work && { work }) });

const method = (
  name: string,
  parameters: Parameters,
  result: ValueType,
  run: FunctionDefinition['run'],
  work?: FunctionDefinition['work'],
): FunctionDefinition => ({ name, method: true, parameters, result, run, ...(work && { work }) });

const text: readonly ValueKind[] = ['string'];
const number: readonly ValueKind[] = ['number'];
const list: readonly ValueKind[] = ['list'];
const duration: readonly ValueKind[] = ['duration'];
const timestamp: readonly ValueKind[] = ['timestamp'];
const sized: readonly ValueKind[] = ['string', 'list', 'map', 'bytes'];
const stringList: ValueType = { kind: 'list', element: stringType };

/** Every function there is. Texts are measured in code points, as CEL does. */
export const functions: readonly FunctionDefinition[] = [
  plain('size', [sized], numberType, sizeOf, sizeWork),
  method('size', [sized], numberType, sizeOf, sizeWork),

  plain('string', [['string', 'number', 'boolean', 'duration', 'timestamp', 'bytes']], stringType, textOf, walkOnce),
  plain('double', [['number', 'string']], numberType, numberOf, walkOnce),
  plain('int', [['number', 'string']], numberType, (value: number | string) => Math.trunc(numberOf(value)), walkOnce),
  plain('bool', [['boolean', 'string']], booleanType, booleanOf),
  plain(
    'duration',
    [['string', 'duration']],
    durationType,
    (value: string | Duration) => (typeof value === 'string' ? Duration.parse(value) : value),
    parseWork,
  ),
  plain('timestamp', [['string', 'timestamp']], timestampType, timestampOf, parseWork),
  plain('dyn', [undefined], dynamicType, (value: unknown) => value),
  plain('min', [number, number], numberType, (left: number, right: number) => Math.min(left, right)),
  plain('max', [number, number], numberType, (left: number, right: number) => Math.max(left, right)),

  method('startsWith', [text, text], booleanType, (value: string, prefix: string) => value.startsWith(prefix), endWork),
  method('endsWith', [text, text], booleanType, (value: string, suffix: string) => value.endsWith(suffix), endWork),
  method('contains', [text, text], booleanType, (value: string, part: string) => value.includes(part), findWork),
  plain('matches', [text, text], booleanType, matchesPattern, computedMatchWork),
  method('matches', [text, text], booleanType, matchesPattern, computedMatchWork),
  method('lowerAscii', [text], stringType, lowerAscii, caseWork),
  method('upperAscii', [text], stringType, upperAscii, caseWork),
  method('trim', [text], stringType, (value: string) => value.trim(), walkOnce),
  method('indexOf', [text, text], numberType, indexOf, takeApartWork),
  method('lastIndexOf', [text, text], numberType, lastIndexOf, takeApartWork),
  method('substring', [text, number], stringType, substring, takeApartWork),
  method('substring', [text, number, number], stringType, substring, takeApartWork),
  method('replace', [text, text, text], stringType, replace, replaceWork),
  method(
    'split',
    [text, text],
    stringList,
    (value: string, separator: string) => value.split(separator),
    takeApartWork,
  ),
  method('join', [list], stringType, join, joinWork),
  method('join', [list, text], stringType, join, joinWork),

  method('getHours', [duration], numberType, (value: Duration) => Math.trunc(value.milliseconds / 3_600_000)),
  method('getMinutes', [duration], numberType, (value: Duration) => Math.trunc(value.milliseconds / 60_000)),
  method('getSeconds', [duration], numberType, (value: Duration) => Math.trunc(value.milliseconds / 1_000)),
  method('getMilliseconds', [duration], numberType, (value: Duration) => value.milliseconds),

  ...calendarMethods('getFullYear', (fields) => fields.year),
  ...calendarMethods('getMonth', (fields) => fields.month),
  ...calendarMethods('getDate', (fields) => fields.day),
  ...calendarMethods('getDayOfMonth', (fields) => fields.day - 1),
  ...calendarMethods('getDayOfWeek', (fields) => fields.weekday),
  ...calendarMethods('getDayOfYear', (fields) => fields.yearDay),
  ...calendarMethods('getHours', (fields) => fields.hours),
  ...calendarMethods('getMinutes', (fields) => fields.minutes),
  ...calendarMethods('getSeconds', (fields) => fields.seconds),
  ...calendarMethods('getMilliseconds', (fields) => fields.milliseconds),
];

/** A getter of a point in time, in UTC or in the time zone that is given. */
function calendarMethods(name: string, field: (fields: CalendarFields) => number): readonly FunctionDefinition[] {
  const run = (time: Date, timeZone?: string): number => field(calendarFields(time, timeZone));
  return [
    method(name, [timestamp], numberType, run),
    method(name, [timestamp, text], numberType, run, () => timeZoneWork),
  ];
}

function sizeOf(value: string | readonly unknown[] | Uint8Array | object): number {
  if (typeof value === 'string') return codePoints(value, value.length);
  return Array.isArray(value) || value instanceof Uint8Array ? value.length : Object.keys(value).length;
}

/** How many code points stand before an index in code units; -1 stays -1. */
function codePoints(value: string, index: number): number {
  return index < 0 ? index : [...value.slice(0, index)].length;
}

function indexOf(value: string, part: string): number {
  return codePoints(value, value.indexOf(part));
}

function lastIndexOf(value: string, part: string): number {
  return codePoints(value, value.lastIndexOf(part));
}

function lowerAscii(value: string): string {
  return value.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function upperAscii(value: string): string {
  return value.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

function replace(value: string, part: string, by: string): string {
  return value.replaceAll(part, () => by);
}

function substring(value: string, start: number, end?: number): string {
  const points = [...value];
  const stop = end ?? points.length;
  if (!Number.isInteger(start) || !Number.isInteger(stop) || start < 0 || stop < start || stop > points.length) {
    throw coreError(
      'EXPRESSION_FAILED',
      `substring(${start}, ${stop}) is outside of a text of ${points.length} letters.`,
    );
  }
  return points.slice(start, stop).join('');
}

function join(values: readonly unknown[], separator = ''): string {
  if (!values.every((value) => typeof value === 'string')) {
    throw coreError('EXPRESSION_FAILED', 'join() takes a list of strings, but one element is something else.');
  }
  return values.join(separator);
}

function numberOf(value: number | string): number {
  const parsed = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  if (Number.isNaN(parsed)) throw coreError('EXPRESSION_FAILED', 'The text to convert is not a number.');
  return parsed;
}

function booleanOf(value: boolean | string): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw coreError('EXPRESSION_FAILED', 'The text to convert is neither "true" nor "false".');
}

function timestampOf(value: string | Date): Date {
  const time = new Date(value);
  const complete =
    typeof value !== 'string' || /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value);
  if (complete && !Number.isNaN(time.getTime())) return time;
  throw coreError('EXPRESSION_FAILED', 'timestamp() takes a time as RFC 3339 writes it, such as 2026-01-31T12:00:00Z.');
}

/** A scalar as text: durations as in the file (`10m`), points in time as RFC 3339. */
export function textOf(value: string | number | boolean | Duration | Date | Uint8Array): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return String(value);
}
