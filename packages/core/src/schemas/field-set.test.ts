import { describe, expect, test } from '@jest/globals';
import { FieldSet } from './field-set.js';

const memory = new FieldSet([['memory', 'available']]);
const several = new FieldSet([['load', 'oneMinute'], ['memory'], ['memory', 'total'], ['load', 'oneMinute']]);

describe('a set of fields', () => {
  test('has each field once, and none that lies in another', () => {
    expect(several.paths).toEqual([['memory'], ['load', 'oneMinute']]);
    expect(new FieldSet([['a'], [], ['b', 'c']]).paths).toEqual([[]]);
    expect(FieldSet.none.paths).toEqual([]);
  });

  test('tells names with dots from fields within fields', () => {
    const dotted = new FieldSet([['links', 'wlan0.1']]);
    expect([dotted.includes('links', 'wlan0'), dotted.includes('links', 'wlan0.1')]).toEqual([false, true]);
  });

  test.each<[string[], boolean]>([
    [[], true],
    [['memory'], true],
    [['memory', 'available'], true],
    [['memory', 'available', 'bytes'], true],
    [['memory', 'total'], false],
    [['load'], false],
  ])('includes %j of memory.available: %s', (path, is) => {
    expect(memory.includes(...path)).toBe(is);
  });

  test('covers what lies in its own fields, and has in common with another what lies in both', () => {
    expect([several.covers(memory), memory.covers(several)]).toEqual([true, false]);
    expect([FieldSet.all.covers(several), several.covers(FieldSet.all), memory.covers(FieldSet.none)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(several.intersection(memory).paths).toEqual([['memory', 'available']]);
    expect(FieldSet.all.intersection(several).equals(several)).toBe(true);
    expect(memory.intersection(new FieldSet([['load']])).paths).toEqual([]);
  });

  test('takes its fields out of a value, whatever is in them', () => {
    const since = new Date(0);
    const value = { memory: { total: 2, available: 1 }, load: { oneMinute: 0.5, fiveMinutes: 0.4 }, since };
    expect(memory.of(value)).toEqual({ memory: { available: 1 } });
    expect(several.of(value)).toEqual({ memory: { total: 2, available: 1 }, load: { oneMinute: 0.5 } });
    expect(new FieldSet([['since', 'day']]).of(value)).toEqual({ since });
    expect([FieldSet.all.of(value), FieldSet.none.of(value), memory.of(7)]).toEqual([value, {}, 7]);
  });
});
