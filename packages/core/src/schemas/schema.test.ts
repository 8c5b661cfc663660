import { describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { byteSize, duration, dynamic, jsonSchemaOf, timestamp, valueTypeOf, z } from './schema.js';
import type { ValueType } from './value-type.js';

describe('the type of a schema as expressions see it', () => {
  test.each<[string, z.ZodType, ValueType]>([
    ['a boolean', z.boolean(), { kind: 'boolean' }],
    ['an integer', z.int(), { kind: 'number' }],
    ['a duration', duration(), { kind: 'duration' }],
    ['a point in time', timestamp(), { kind: 'timestamp' }],
    ['a size', byteSize(), { kind: 'number' }],
    ['a described duration', duration().describe('How long.'), { kind: 'duration' }],
    ['a refined duration', duration().refine((time) => time.milliseconds > 0), { kind: 'duration' }],
    ['a described duration that may be missing', duration().describe('How long.').optional(), { kind: 'duration' }],
    ['anything', dynamic(), { kind: 'dynamic' }],
    ['an enum', z.enum(['a', 'b']), { kind: 'string', values: ['a', 'b'] }],
    ['a union of literals', z.union([z.literal('a'), z.literal('b')]), { kind: 'string', values: ['a', 'b'] }],
    ['a literal or any text', z.union([z.literal('a'), z.string()]), { kind: 'string' }],
    ['a nullable text', z.string().nullable(), { kind: 'string' }],
    ['a text or null', z.union([z.string(), z.null()]), { kind: 'string' }],
    ['a text or a number', z.union([z.string(), z.number()]), { kind: 'dynamic' }],
    ['a default', z.number().default(1), { kind: 'number' }],
    ['a self-reference', z.lazy(() => z.string()), { kind: 'dynamic' }],
    ['a list', z.array(z.string()), { kind: 'list', element: { kind: 'string' } }],
    ['a record', z.record(z.string(), z.number()), { kind: 'map', value: { kind: 'number' } }],
    [
      'a discriminated union',
      z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })]),
      { kind: 'dynamic' },
    ],
  ])('%s', (_name, schema, type) => {
    expect(valueTypeOf(schema)).toEqual(type);
  });

  test('tells fields that may be missing, and what they mean', () => {
    const schema = z.object({ label: z.string().optional().describe('The label.'), size: z.number().default(0) });
    expect(valueTypeOf(schema)).toEqual({
      kind: 'object',
      fields: {
        label: { type: { kind: 'string' }, optional: true, description: 'The label.' },
        size: { type: { kind: 'number' }, optional: false },
      },
    });
    const partial = z.object({ label: z.string().describe('The label.') }).partial();
    expect(valueTypeOf(partial)).toMatchObject({ fields: { label: { optional: true, description: 'The label.' } } });
  });
});

describe('quantities in the file', () => {
  test('a duration is read from its text, never from a bare number', () => {
    expect(duration().parse('10m')).toEqual(Duration.parse('10m'));
    expect(duration().safeParse(600).success).toBe(false);
    expect(duration().safeParse('ten').error?.issues[0]?.message).toBe('"ten" is not a duration.');
  });

  test.each([
    ['5GiB', 5 * 2 ** 30],
    ['1.5kB', 1500],
    ['12B', 12],
  ])('%s is %d bytes', (text, bytes) => {
    expect(byteSize().parse(text)).toBe(bytes);
  });

  test('an editor is told the form, not how it is parsed', () => {
    const { properties } = jsonSchemaOf(z.object({ poll: duration().optional(), free: byteSize(), at: timestamp() }));
    expect(properties).toEqual({
      poll: { type: 'string', pattern: expect.any(String), examples: ['10m', '1h30m', '500ms'] },
      free: { type: 'string', pattern: expect.any(String), examples: ['5GiB'] },
      at: { type: 'string', format: 'date-time' },
    });
  });
});
