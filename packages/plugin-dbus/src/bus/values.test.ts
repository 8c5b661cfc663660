import { describe, expect, test } from '@jest/globals';
import library from 'dbus-next/lib/message.js';
import { valueSchemaOf } from './value-schema.js';
import { decodeBody, encodeBody } from './values.js';

/** Through the bytes of a message and back. */
function roundTrip(signature: string, args: readonly unknown[]): readonly unknown[] {
  const message = { type: 4, serial: 1, path: '/a', interface: 'a.b', member: 'C', signature };
  const [bytes] = library.marshall({ ...message, body: encodeBody(signature, args) });
  return decodeBody(signature, library.unmarshall(bytes).body);
}

describe('plain values', () => {
  test.each<[string, unknown, unknown?]>([
    ['b', false],
    ['y', 200],
    ['i', -(2 ** 31)],
    ['u', 2 ** 32 - 1],
    ['x', -42],
    ['t', 1_474_008_857_000_000],
    ['t', '18446744073709551615', 2 ** 64],
    ['t', 18446744073709551615n, 2 ** 64],
    ['s', 'ünï🙂'],
    ['as', []],
    ['aai', [[1], [], [2, 3]]],
    ['a{sv}', { a: 1, b: 'x', c: [true, 'mixed'], d: { e: 1.5 } }],
    ['a{us}', { 1: 'one', 2: 'two' }],
    ['a{bs}', { true: 'yes', false: 'no' }],
    ['a{ts}', { '18446744073709551615': 'infinity' }],
    [
      'a(sv)',
      [
        ['x', 1],
        ['y', { signature: '(ii)', value: [1, 2] }],
      ],
      [
        ['x', 1],
        ['y', [1, 2]],
      ],
    ],
    ['ay', 'ssid', [115, 115, 105, 100]],
    ['v', { signature: 'v', value: { signature: 'as', value: ['deep'] } }, ['deep']],
    ['v', { signature: 'not a type' }, { signature: 'not a type' }],
    ['a{sv}', JSON.parse('{"__proto__": 1}') as unknown],
  ])('of type %s survive the wire: %j', (signature, value, expected = value) => {
    expect(roundTrip(signature, [value])).toEqual([expected]);
  });

  test('a key named __proto__ is an entry and leaves the prototype alone', () => {
    const [map] = roundTrip('a{sv}', [JSON.parse('{"__proto__": {"polluted": true}}')]) as [Record<string, unknown>];
    expect(Object.keys(map)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(map)).toBe(Object.prototype);
  });

  test.each<[string, readonly unknown[], RegExp]>([
    ['u', [-1], /argument 1 is -1, which does not fit the type "u"/],
    ['y', [256], /argument 1 is 256/],
    ['i', [1.5], /argument 1 is 1\.5/],
    ['i', [true], /argument 1 is true/],
    ['i', [null], /argument 1 is null/],
    ['t', [2 ** 60], /argument 1 is 1152921504606847000/],
    ['d', [Number.NaN], /does not fit the type "d"/],
    ['b', [1], /does not fit the type "b"/],
    ['s', ['nul \0 byte'], /does not fit the type "s"/],
    ['o', ['no/slash'], /does not fit the type "o"/],
    ['as', ['one text'], /does not fit the type "as"/],
    ['as', [['a', 1]], /argument 1, item 2 is 1/],
    ['a{us}', [{ x: 'y' }], /key "x" is "x", which does not fit the type "u"/],
    ['a{sv}', [{ a: null }], /value of "a" is null, which D-Bus cannot carry/],
    ['(si)', [['a']], /does not fit the type "\(si\)"/],
    ['v', [{ signature: 'ss', value: 1 }], /not exactly one type/],
    ['h', [1], /file descriptor/],
    ['ss', ['one'], /takes 2 argument\(s\), but 1 were given/],
  ])('that do not fit the signature %s are refused by their place: %j', (signature, args, message) => {
    expect(() => encodeBody(signature, args)).toThrow(message);
  });

  test.each(['a', 'a{vs}', 'a{s}', 'a{sss}', '(', '()', 'z', '{sv}', 'a'.repeat(70) + 's', 's'.repeat(256)])(
    'the signature %s is refused',
    (signature) => {
      const malformed = {
        code: 'DBUS_SIGNATURE_MALFORMED',
        message: expect.stringContaining('is not a D-Bus signature'),
      };
      expect(() => encodeBody(signature, [])).toThrow(expect.objectContaining(malformed));
    },
  );

  test.each<[string, unknown, unknown]>([
    ['b', true, 'true'],
    ['t', 5, '5'],
    ['o', '/a', 1],
    ['as', ['a'], [1]],
    ['a{sv}', { a: [1] }, []],
    ['a{si}', { a: 1 }, { a: 'x' }],
    ['(ss)', ['a', 'b'], 'ab'],
  ])('the schema of type %s takes %j and refuses %j', (type, good, bad) => {
    expect(valueSchemaOf(type).safeParse(good).success).toBe(true);
    expect(valueSchemaOf(type).safeParse(bad).success).toBe(false);
  });
});
