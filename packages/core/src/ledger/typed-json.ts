import { Duration } from '../clock/duration.js';
import type { JsonValue } from './ledger.js';

/** Nobody nests data deeper on purpose, and it has to end before the stack does. */
const deepest = 100;

type Tagged = Readonly<Record<string, unknown>>;

/**
 * Values of expressions as JSON that gives them back with their types: durations, timestamps, bytes and numbers that JSON
 * does not have are written as an object with one key that starts with `$`. A plain object that looks like one is wrapped.
 * What is no data at all, such as a function or a circle, becomes null, and so does what is nested deeper than 100.
 */
export function toTypedJson(value: unknown): JsonValue {
  return jsonWithin([], value);
}

/** @param above what the value is nested in, from the outside in */
function jsonWithin(above: readonly object[], value: unknown): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $number: String(value) };
  if (typeof value === 'bigint') return { $integer: String(value) };
  if (typeof value !== 'object') return null;
  if (value instanceof Duration) return { $duration: value.milliseconds };
  if (value instanceof Date) return { $timestamp: value.getTime() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (above.includes(value) || above.length === deepest) return null;
  const within = [...above, value];
  if (Array.isArray(value)) return value.map((element) => jsonWithin(within, element));
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const plain = Object.fromEntries(fields.map(([name, field]) => [name, jsonWithin(within, field)]));
  return tagOf(plain) === undefined ? plain : { $object: plain };
}

/** The value behind what `toTypedJson` wrote. */
export function fromTypedJson(json: JsonValue): unknown {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(fromTypedJson);
  const fields = json as { readonly [key: string]: JsonValue };
  const tag = tagOf(fields);
  if (tag === undefined) return fieldsOf(fields);
  const content = fields[tag]!;
  switch (tag) {
    case '$duration':
      return Duration.ofMilliseconds(content as number);
    case '$timestamp':
      return new Date(content as number);
    case '$bytes':
      return new Uint8Array(Buffer.from(content as string, 'base64'));
    case '$number':
      return Number(content);
    case '$integer':
      return BigInt(content as string);
    default:
      return fieldsOf(content as { readonly [key: string]: JsonValue });
  }
}

function fieldsOf(fields: { readonly [key: string]: JsonValue }): Tagged {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fromTypedJson(field)]));
}

function tagOf(fields: Tagged): string | undefined {
  const names = Object.keys(fields);
  return names.length === 1 && names[0]!.startsWith('$') ? names[0] : undefined;
}
