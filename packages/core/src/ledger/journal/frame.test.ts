import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../ledger.js';
import { Records } from '../records.js';
import { encodeFrame, findFrames, frameText } from './frame.js';

const boots = {
  boot: { number: 2, startedAt: 7, seenFor: 5 },
  boots: [{ number: 2, id: 'boot', startedAt: 7, seenFor: 5, stopped: false }],
};
const change = fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), fc.jsonValue());

test('a frame holds the records that were written, whatever their scopes, keys and values', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(change, { maxLength: 6, selector: ([scope, key]) => JSON.stringify([scope, key]) }),
      (changes) => {
        const records = new Records();
        for (const [scope, key, value] of changes) records.write(scope, key, value as JsonValue);
        const body = { ...boots, ...(changes.length > 0 && { changes: byScope(changes) }) };
        const text = frameText({ boots, changes: records.all() });
        expect(text).toBe(JSON.stringify(body));
        const frame = encodeFrame(text, 77);
        expect(findFrames(frame, 0)).toEqual([
          { start: 0, end: frame.length, safe: 77, body: JSON.parse(JSON.stringify(body)) },
        ]);
      },
    ),
  );
});

test('a record that was removed is its scope and key, without a value', () => {
  const records = new Records();
  records.write('rule', 'a', 1);
  expect(frameText({ boots, changes: [records.remove('rule', 'a')!] })).toBe(
    JSON.stringify({ ...boots, changes: [['rule', 'a']] }),
  );
});

/** In the order of the scopes, as a whole is written. */
function byScope<Change extends readonly [string, ...unknown[]]>(changes: readonly Change[]): readonly Change[] {
  return [...new Set(changes.map(([scope]) => scope))].flatMap((scope) => changes.filter(([each]) => each === scope));
}
