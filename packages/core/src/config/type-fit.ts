import { valueTypeOf, type z } from '../schemas/schema.js';
import type { ValueType } from '../schemas/value-type.js';
import { unwrap } from './schema-shape.js';

/** Whether a value of the given type can be what a user may write for the schema. */
export function fits(given: ValueType, schema: z.ZodType): boolean {
  const inner = unwrap(schema);
  const wanted: ValueType = inner._zod.def.type === 'string' ? { kind: 'string' } : valueTypeOf(schema);
  return typeFits(given, wanted);
}

function typeFits(given: ValueType, wanted: ValueType): boolean {
  if (given.kind === 'dynamic' || wanted.kind === 'dynamic') return true;
  if (wanted.kind === 'duration' || wanted.kind === 'timestamp')
    return given.kind === wanted.kind || given.kind === 'string';
  if (wanted.kind === 'list') return given.kind === 'list' && typeFits(given.element, wanted.element);
  if (wanted.kind === 'map') {
    if (given.kind === 'map') return typeFits(given.value, wanted.value);
    return given.kind === 'object' && Object.values(given.fields).every((field) => typeFits(field.type, wanted.value));
  }
  if (wanted.kind === 'object') {
    if (given.kind === 'map') return true;
    return given.kind === 'object' && objectFits(given.fields, wanted.fields);
  }
  return given.kind === wanted.kind;
}

type FieldTypes = Extract<ValueType, { kind: 'object' }>['fields'];

function objectFits(given: FieldTypes, wanted: FieldTypes): boolean {
  return Object.entries(wanted).every(([name, field]) => {
    const found = given[name];
    return found ? typeFits(found.type, field.type) : field.optional;
  });
}

/** The type with its article: `a text`, `a list of numbers`. */
export function describeType(type: ValueType): string {
  switch (type.kind) {
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'a text';
    case 'list':
      return `a list (of ${describeType(type.element)})`;
    case 'map':
    case 'object':
      return 'a mapping';
    case 'dynamic':
      return 'any value';
    case 'null':
      return 'null';
    case 'bytes':
      return 'bytes';
    default:
      return `a ${type.kind}`;
  }
}
