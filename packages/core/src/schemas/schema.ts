import { z } from 'zod';
import { Duration } from '../clock/duration.js';
import { deepestNesting, isTooDeep } from './nesting.js';
import type { FieldType, ValueType } from './value-type.js';

export { z };

/** Marks what zod cannot say by itself: which value type a custom schema stands for. */
const valueTypes = new WeakMap<z.ZodType, ValueType['kind'] & ('duration' | 'timestamp' | 'bytes' | 'number')>();

/**
 * A duration such as `10m`; code gets a {@link Duration}, expressions a CEL duration. Units are `ms`, `s`, `m`, `h` and `d` (24 h);
 * a bare number is refused.
 */
export function duration(): z.ZodType<Duration, Duration | string> {
  const schema = z
    .union([z.custom<Duration>((value) => value instanceof Duration), z.string()], {
      error: 'write an amount and a unit, such as 10s or 10m.',
    })
    .transform((value, context) => {
      if (value instanceof Duration) return value;
      try {
        return Duration.parse(value);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
        return z.NEVER;
      }
    })
    .meta({ type: 'string', pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$', examples: ['10m', '1h30m', '500ms'] });
  valueTypes.set(schema, 'duration');
  return schema;
}

/** A point in time; a Date in code, a CEL timestamp in expressions, RFC 3339 text in JSON. */
export function timestamp(): z.ZodType<Date, Date | string> {
  const schema = z
    .union([z.date(), z.iso.datetime({ offset: true }).transform((text) => new Date(text))])
    .meta({ type: 'string', format: 'date-time' });
  valueTypes.set(schema, 'timestamp');
  return schema;
}

const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/**
 * A size such as `5GiB` in the file, a number of bytes in code and in expressions. `kB` and `MB` count in thousands, `KiB` and
 * `MiB` in 1024 (IEC 80000-13). A bare number is refused.
 */
export function byteSize(): z.ZodType<number, number | string> {
  const schema = z
    .string()
    .regex(/^\d+(\.\d+)?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$/, 'Write an amount and a unit, such as 512MiB or 5GiB.')
    .transform((text) => {
      const [, amount, unit] = /^([\d.]+)(\w+)$/.exec(text)!;
      return Math.round(Number(amount) * sizeUnits[unit!]!);
    })
    .meta({ type: 'string', pattern: '^\\d+(\\.\\d+)?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$', examples: ['5GiB'] });
  valueTypes.set(schema, 'number');
  return schema as unknown as z.ZodType<number, number | string>;
}

/** Any JSON value of at most 100 levels; expressions check it only when they run. */
export function dynamic(): z.ZodType<unknown> {
  return z.unknown().refine((value) => !isTooDeep(value), `It is nested deeper than ${deepestNesting} levels`);
}

/** The type of a schema's output as expressions see it. */
export function valueTypeOf(schema: z.ZodType): ValueType {
  const marked = markOf(schema);
  if (marked) return { kind: marked };
  const definition = schema._zod.def as z.core.$ZodTypes['_zod']['def'];
  switch (definition.type) {
    case 'boolean':
      return { kind: 'boolean' };
    case 'number':
      return { kind: 'number' };
    case 'string':
    case 'template_literal':
      return { kind: 'string' };
    case 'enum':
      return literalsType(Object.values(definition.entries));
    case 'literal':
      return literalsType(definition.values);
    case 'union':
      return unionType(definition.options.map((option) => valueTypeOf(option as z.ZodType)));
    case 'lazy':
      // May refer to itself; expressions check it only when they run.
      return { kind: 'dynamic' };
    case 'nullable':
      // A value of any type may be null besides.
      return valueTypeOf(definition.innerType as z.ZodType);
    case 'date':
      return { kind: 'timestamp' };
    case 'null':
      return { kind: 'null' };
    case 'array':
      return { kind: 'list', element: valueTypeOf(definition.element as z.ZodType) };
    case 'record':
      return { kind: 'map', value: valueTypeOf(definition.valueType as z.ZodType) };
    case 'object':
      return { kind: 'object', fields: fieldTypes(definition.shape as Record<string, z.ZodType>) };
    case 'optional':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'catch':
    case 'nonoptional':
      return valueTypeOf(definition.innerType as z.ZodType);
    case 'pipe':
      return valueTypeOf(definition.out as z.ZodType);
    case 'custom':
    case 'transform':
    default:
      return { kind: 'dynamic' };
  }
}

/** The mark of a schema, or of the one that it is a described or refined copy of. */
function markOf(schema: z.ZodType): ReturnType<typeof valueTypes.get> {
  const { parent } = schema._zod;
  return valueTypes.get(schema) ?? (parent && markOf(parent as z.ZodType));
}

/** What a field means, also where it was described before it was made optional. */
function descriptionOf(schema: z.ZodType): string | undefined {
  const own = z.globalRegistry.get(schema)?.description;
  const { innerType } = schema._zod.def as { innerType?: z.ZodType };
  return own ?? (innerType && descriptionOf(innerType));
}

function fieldTypes(shape: Record<string, z.ZodType>): Record<string, FieldType> {
  const fields: Record<string, FieldType> = {};
  for (const [name, schema] of Object.entries(shape)) {
    const description = descriptionOf(schema);
    fields[name] = {
      type: valueTypeOf(schema),
      optional: schema._zod.optout === 'optional',
      ...(description !== undefined && { description }),
    };
  }
  return fields;
}

function literalsType(values: readonly unknown[]): ValueType {
  const texts = values.filter((value) => typeof value === 'string');
  if (texts.length === values.length) return { kind: 'string', values: texts };
  return unionType(values.map(literalType));
}

function literalType(value: unknown): ValueType {
  const kind = typeof value;
  if (kind === 'boolean' || kind === 'number' || kind === 'string') return { kind };
  return { kind: value === null ? 'null' : 'dynamic' };
}

/** The one type of all members, null aside; members of several types, or of several shapes, are dynamic. */
function unionType(members: readonly ValueType[]): ValueType {
  const [first, ...others] = members.filter((member) => member.kind !== 'null');
  if (!first) return { kind: 'null' };
  if (others.length === 0) return first;
  if (first.kind === 'list' || first.kind === 'map' || first.kind === 'object') return { kind: 'dynamic' };
  if (others.some((other) => other.kind !== first.kind)) return { kind: 'dynamic' };
  if (first.kind !== 'string') return first;
  const values = [first, ...others].map((member) => (member.kind === 'string' ? member.values : undefined));
  return values.every((texts) => texts !== undefined) ? { kind: 'string', values: values.flat() } : { kind: 'string' };
}

/** JSON Schema (draft 2020-12) of what a user may write for this schema. */
export function jsonSchemaOf(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => {
      // How a marked schema parses is no concern of an editor: its metadata says all.
      const schema = zodSchema as unknown as z.ZodType;
      if (!markOf(schema)) return;
      delete jsonSchema.anyOf;
      Object.assign(jsonSchema, z.globalRegistry.get(schema));
    },
  }) as Record<string, unknown>;
}
