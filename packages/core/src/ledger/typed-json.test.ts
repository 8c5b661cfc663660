import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Duration } from '../clock/duration.js';
import { fromTypedJson, toTypedJson } from './typed-json.js';

const back = (value: unknown): unknown => fromTypedJson(JSON.parse(JSON.stringify(toTypedJson(value))));

test('durations, timestamps, bytes and odd numbers come back with their types, at any depth', () => {
  const value = {
    list: [Duration.parse('90s'), new Date(1_700_000_000_000)],
    deep: { bytes: new Uint8Array([0, 255]), none: null, not: Number.NaN, far: -Infinity, big: 2n ** 60n },
  };
  expect(back(value)).toEqual(value);
});

test('an object that looks like a tagged value is none', () => {
  for (const value of [{ $duration: 7 }, { $object: { $timestamp: 1 } }, { $unknown: 'x' }]) {
    expect(back(value)).toEqual(value);
  }
});

test('every JSON value comes back as it was', () => {
  const tagged = fc.dictionary(fc.constantFrom('$duration', '$object', '$bytes', 'a'), fc.jsonValue(), { maxKeys: 2 });
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), tagged), (value) => {
      expect(back(value)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('what is no data becomes null, or is left out of an object', () => {
  expect(back({ call: () => 1, missing: undefined })).toEqual({ call: null });
});

test('what has no end becomes null where it begins anew, or is too deep', () => {
  class Socket {
    readonly peers = [this, this];
    readonly port = 80;
  }
  expect(back({ socket: new Socket() })).toEqual({ socket: { peers: [null, null], port: 80 } });
  const shared = { a: 1 };
  expect(back([shared, shared])).toEqual([shared, shared]);
  const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown;
  expect(JSON.stringify(back(deep))).toBe(`${'['.repeat(100)}null${']'.repeat(100)}`);
});
