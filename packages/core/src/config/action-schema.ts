import type { Registry } from '../plugins/registry.js';
import { jsonSchemaOf, type z } from '../schemas/schema.js';
import type { JsonSchema } from './json-schema.js';

const template: JsonSchema = { type: 'string', pattern: '\\$\\{\\{' };

/** The schema, or a text with `${{ }}` in its place. */
export function templated(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, template] };
}

/** What a user may write for the schema, with `${{ }}` allowed at any depth. */
export function inputSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, ...plain } = jsonSchemaOf(schema);
  return withTemplates(plain);
}

function withTemplates(schema: JsonSchema): JsonSchema {
  const inner = Object.entries(schema).map(([keyword, value]) => {
    if (keyword === 'properties')
      return [keyword, mapValues(value as Record<string, JsonSchema>, allowTemplate)] as const;
    if ((keyword === 'items' || keyword === 'additionalProperties') && isSchema(value))
      return [keyword, allowTemplate(value)] as const;
    if (['anyOf', 'oneOf', 'allOf'].includes(keyword))
      return [keyword, (value as JsonSchema[]).map(withTemplates)] as const;
    return [keyword, value] as const;
  });
  return Object.fromEntries(inner);
}

function allowTemplate(schema: JsonSchema): JsonSchema {
  const { description, ...rest } = withTemplates(schema);
  if (Object.keys(rest).length === 0) return schema;
  return { ...(description !== undefined && { description }), ...templated(rest) };
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapValues(
  record: Readonly<Record<string, JsonSchema>>,
  change: (value: JsonSchema) => JsonSchema,
): JsonSchema {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** For each action: what `with` takes, and whether it is needed. */
export function actionSchemas(registry: Registry): JsonSchema[] {
  return [...registry.actions.values()].map(({ description }) => {
    const input = inputSchemaOf(description.input);
    const isNeeded = Array.isArray(input['required']) && input['required'].length > 0;
    return {
      if: { properties: { do: { const: description.name } }, required: ['do'] },
      then: {
        properties: { do: { description: description.summary }, with: input },
        ...(isNeeded && { required: ['with'] }),
      },
    };
  });
}
