import type { z } from '../schemas/schema.js';

/** The fields that a user may write for a schema. */
export interface SchemaShape {
  readonly fields: ReadonlyMap<string, z.ZodType>;
  /** Whether other fields are welcome as well. */
  readonly open: boolean;
}

/** Without what wraps it: optional, default, read-only, a transformation at its end. */
export function unwrap(schema: z.ZodType): z.ZodType {
  const definition = schema._zod.def as z.core.$ZodTypes['_zod']['def'];
  switch (definition.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'catch':
    case 'nonoptional':
      return unwrap(definition.innerType as z.ZodType);
    case 'pipe':
      return unwrap(definition.in as z.ZodType);
    case 'lazy':
      return unwrap(definition.getter() as z.ZodType);
    default:
      return schema;
  }
}

/** Undefined when the schema does not take a mapping, or takes any. */
export function shapeOf(schema: z.ZodType): SchemaShape | undefined {
  const definition = unwrap(schema)._zod.def as z.core.$ZodTypes['_zod']['def'];
  switch (definition.type) {
    case 'object': {
      const open = definition.catchall !== undefined && definition.catchall._zod.def.type !== 'never';
      return { fields: new Map(Object.entries(definition.shape as Record<string, z.ZodType>)), open };
    }
    case 'record':
      return { fields: new Map(), open: true };
    case 'union':
      return combine(definition.options as readonly z.ZodType[]);
    case 'intersection':
      return combine([definition.left as z.ZodType, definition.right as z.ZodType]);
    default:
      return undefined;
  }
}

function combine(schemas: readonly z.ZodType[]): SchemaShape | undefined {
  const shapes = schemas.map(shapeOf).filter((shape) => shape !== undefined);
  if (shapes.length === 0) return undefined;
  return { fields: new Map(shapes.flatMap((shape) => [...shape.fields])), open: shapes.some((shape) => shape.open) };
}

/** The schema of one part; undefined when the schema does not say. */
export function partOf(schema: z.ZodType, segment: string | number): z.ZodType | undefined {
  const definition = unwrap(schema)._zod.def as z.core.$ZodTypes['_zod']['def'];
  if (definition.type === 'array') return definition.element as z.ZodType;
  if (definition.type === 'record') return definition.valueType as z.ZodType;
  if (definition.type === 'object') {
    return (definition.shape as Record<string, z.ZodType>)[segment] ?? (definition.catchall as z.ZodType | undefined);
  }
  return undefined;
}
