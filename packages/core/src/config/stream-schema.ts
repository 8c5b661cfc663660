import type { Registry } from '../plugins/registry.js';
import { z } from '../schemas/schema.js';
import type { StreamDescription } from '../streams/stream.js';
import { inputSchemaOf } from './action-schema.js';
import type { JsonSchema } from './json-schema.js';
import { combinators, patternOptions } from './grammar.js';

/** For each stream: what `with` of a named stream takes. */
export function namedStreamSchemas(registry: Registry): JsonSchema[] {
  return [...registry.streams.values()].map(({ description }) => ({
    if: { properties: { from: { const: description.name } }, required: ['from'] },
    then: { properties: { from: { description: description.summary }, with: useSchemaOf(description) } },
  }));
}

/** One entry of `on` or `until`. Streams that the file names itself are not known here, so other keys are let through. */
export function patternSchema(
  registry: Registry,
  { durationText, expression }: { readonly durationText: JsonSchema; readonly expression: JsonSchema },
): JsonSchema {
  const pattern: JsonSchema = { $ref: '#/$defs/pattern' };
  const within = (of: JsonSchema): JsonSchema => ({
    type: 'object',
    properties: { of, within: durationText },
    required: ['of', 'within'],
    additionalProperties: false,
  });
  const events = [...registry.streams.values()].filter(({ description }) => description.kind === 'event');
  const ofEvents = events.map(({ description }) => {
    const use: JsonSchema = { anyOf: [{ type: 'null' }, useSchemaOf(description)] };
    return [description.name, { description: description.summary, ...use }] as const;
  });
  const count = {
    ...within(pattern),
    properties: { of: pattern, n: { type: 'integer', minimum: 1 }, within: durationText },
    required: ['of', 'n', 'within'],
  };
  return {
    type: 'object',
    minProperties: 1,
    properties: {
      ...Object.fromEntries(ofEvents),
      where: { description: patternOptions.where, ...expression },
      debounce: { description: patternOptions.debounce, ...durationText },
      throttle: { description: patternOptions.throttle, ...durationText },
      count: { description: combinators.count, ...count },
      all: { description: combinators.all, ...within({ $ref: '#/$defs/patterns' }) },
      sequence: { description: combinators.sequence, ...within({ $ref: '#/$defs/patterns' }) },
      absence: { description: combinators.absence, ...within(pattern) },
    },
    additionalProperties: { type: ['object', 'null'] },
  };
}

/** Parameters and match fields stand side by side. */
function useSchemaOf(description: StreamDescription): JsonSchema {
  const parameters = inputSchemaOf(description.parameters ?? z.object({}));
  if (!description.match || parameters['type'] !== 'object') return parameters;
  const match = inputSchemaOf(description.match.partial());
  return {
    ...parameters,
    properties: { ...(parameters['properties'] as JsonSchema), ...(match['properties'] as JsonSchema) },
  };
}
