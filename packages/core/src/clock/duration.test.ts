import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Duration } from './duration.js';

describe('a duration', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
  ])('%s is %d ms', (text, milliseconds) => {
    expect(Duration.parse(text).milliseconds).toBe(milliseconds);
  });

  test.each(['', '10', 'm', '10 m', '10M', '-5m', '1h-5m', '10m ', '1.m', '.5h', '10min', '1e3s'])(
    '"%s" is refused',
    (text) => {
      expect(() => Duration.parse(text)).toThrow(expect.objectContaining({ code: 'DURATION_MALFORMED' }));
    },
  );

  test('written out and parsed again is the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e14 }), (milliseconds) => {
        const text = Duration.ofMilliseconds(milliseconds).toString();
        expect(Duration.parse(text).milliseconds).toBe(milliseconds);
      }),
    );
  });

  test.each([
    [999, '999ms'],
    [1_001, '2s'],
    [179_999, '3m'],
  ])('%d ms in seconds, for a person, are %s', (milliseconds, text) => {
    expect(Duration.ofMilliseconds(milliseconds).inSeconds().toString()).toBe(text);
  });

  test('a difference below zero is written with a sign', () => {
    expect(Duration.ofMilliseconds(-90_000).toString()).toBe('-1m30s');
  });

  test('in JSON is its text', () => {
    expect(JSON.stringify({ for: Duration.parse('90s') })).toBe('{"for":"1m30s"}');
  });
});
