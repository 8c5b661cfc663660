import { Duration } from '../clock/duration.js';
import type { z } from '../schemas/schema.js';
import { valueTypeOf } from '../schemas/schema.js';
import type { ValueType } from '../schemas/value-type.js';

/** A plain value of a schema: empty texts, zeros, no optional fields. What a double gives where a test says nothing. */
export function sampleOf(schema: z.ZodType | undefined): unknown {
  return schema && sampleOfType(valueTypeOf(schema));
}

function sampleOfType(type: ValueType): unknown {
  switch (type.kind) {
    case 'boolean':
      return false;
    case 'number':
      return 0;
    case 'string':
      return type.values?.[0] ?? '';
    case 'duration':
      return Duration.zero;
    case 'timestamp':
      return new Date(0);
    case 'bytes':
      return new Uint8Array();
    case 'list':
      return [];
    case 'map':
      return {};
    case 'object':
      return Object.fromEntries(
        Object.entries(type.fields)
          .filter(([, { optional }]) => !optional)
          .map(([name, field]) => [name, sampleOfType(field.type)]),
      );
    case 'null':
    case 'dynamic':
      return null;
  }
}

/** The value with the parts of another one in place of its own, at any depth. */
export function withParts(value: unknown, parts: unknown): unknown {
  if (parts === undefined) return value;
  if (!isPlain(value) || !isPlain(parts)) return parts;
  const replaced = Object.entries(parts).map(([name, part]) => [name, withParts(value[name], part)] as const);
  return { ...value, ...Object.fromEntries(replaced) };
}

export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
