import { expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { boundedValue } from './bounded-value.js';

const mask = (text: string): string => text.replaceAll('hush', '***');
const shown = (value: unknown, limit = 100): unknown => boundedValue(value, limit, mask).value;
const nested = (depth: number): unknown => (depth === 0 ? 'core' : { in: nested(depth - 1) });
const circle: unknown[] = [];
circle.push(circle);

test.each([
  [
    'what is small stays as it is',
    { a: [1, 'two', null, true], b: { c: 1n } },
    { a: [1, 'two', null, true], b: { c: 1n } },
  ],
  ['a text is cut and says how long it was', 'x'.repeat(2_000_000), `${'x'.repeat(100)}… (2000000 characters)`],
  [
    'a list is cut and says how much is left out',
    new Array<number>(1_000).fill(1),
    [...new Array<number>(12).fill(1), '… 988 more'],
  ],
  ['a map likewise', { a: 'x'.repeat(90), b: 1, c: 2 }, { a: `${'x'.repeat(83)}… (90 characters)`, '…': '2 more' }],
  ['durations and times keep their type', [Duration.parse('5m'), new Date(0)], [Duration.parse('5m'), new Date(0)]],
  ['bytes are kept', new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ['bytes without end are reported by their number', new Uint8Array(65_536), '65536 bytes'],
  ['secrets are masked, in keys too', { 'hush-key': 'say hush' }, { '***-key': 'say ***' }],
  ['no half of a secret stays', `${'x'.repeat(98)}hush`, `${'x'.repeat(98)}**… (102 characters)`],
  ['a circle ends', circle, JSON.parse(`${'['.repeat(13)}"… 1 more"${']'.repeat(13)}`)],
])('%s', (_claim, value, expected) => {
  expect(shown(value)).toEqual(expected);
});

test('what is nested very deeply ends', () => {
  expect(JSON.stringify(shown(nested(50), 10_000))).toContain('…');
});

test('its size follows what is kept and not what was given', () => {
  const list = Array.from({ length: 10_000 }, (_none, index) => ({ index, text: 'x'.repeat(1_000) }));
  expect(boundedValue(list, 4_096, mask).size).toBeLessThan(4_200);
  expect(JSON.stringify(boundedValue(list, 4_096, mask).value).length).toBeLessThan(5_000);
});
