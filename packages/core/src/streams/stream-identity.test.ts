import { expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { duration, z } from '../schemas/schema.js';
import { identityOf } from './stream-identity.js';
import type { StreamDescription } from './stream.js';

const parameters = z.object({
  unit: z.string().optional(),
  every: duration().default(Duration.parse('10s')),
  properties: z.record(z.string(), z.string()).default({}),
});
const description: StreamDescription = { name: 'unit', kind: 'state', summary: '', parameters, value: z.unknown() };
const textOf = (chosen: unknown, mask = (text: string): string => text): string =>
  identityOf({ stream: 'unit', parameters: chosen }, description, mask).text;

test.each([
  [{}, 'unit'],
  [{ unit: 'chronyd.service' }, 'unit(chronyd.service)'],
  [{ unit: undefined, every: '1m' }, 'unit(1m)'],
  [{ unit: 'a.service', every: '1m' }, 'unit(unit: a.service, every: 1m)'],
  [{ properties: { NTP: 'b' } }, 'unit({"NTP":"b"})'],
  [{ every: '10s' }, 'unit'],
])('%j is named by what is not the default: %s', (given, text) => {
  expect(textOf(parameters.parse(given))).toBe(text);
});

test('without a description every parameter counts', () => {
  const reference = { stream: 'unit', parameters: { every: Duration.parse('10s') } };
  expect(identityOf(reference, undefined, (text) => text)).toEqual({ ...reference, text: 'unit(10s)' });
});

test('a long one is cut, after its secrets are masked', () => {
  const mask = (text: string): string => text.replaceAll('hush-hush', '***');
  expect(textOf({ unit: 'x'.repeat(200) })).toBe(`unit(${'x'.repeat(114)}…`);
  for (let length = 100; length < 130; length++) {
    const text = textOf({ unit: `${'x'.repeat(length)}hush-hush` }, mask);
    expect([text.length <= 120, text]).toEqual([true, expect.not.stringContaining('hus')]);
  }
});
