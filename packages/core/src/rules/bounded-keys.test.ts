import { expect, test } from '@jest/globals';
import { BoundedKeys } from './bounded-keys.js';

const bound = { entries: 2, idleMilliseconds: 100 };

function keysAfter(...used: readonly string[]): readonly string[] {
  let now = 0;
  const keys = new BoundedKeys<string>(
    bound,
    () => now,
    () => true,
    () => {},
  );
  for (const step of used) {
    now += 30;
    if (step.startsWith('-')) keys.remove(step.slice(1));
    else keys.use(step, () => step);
  }
  return keys.entries().map(([key]) => key);
}

test.each([
  [
    ['a', 'b'],
    ['a', 'b'],
  ],
  [
    ['a', 'b', 'c'],
    ['b', 'c'],
  ],
  [
    ['a', 'b', 'a'],
    ['b', 'a'],
  ],
  [
    ['a', 'b', 'b', 'a', 'a', 'c'],
    ['a', 'c'],
  ],
  [
    ['a', 'b', '-b', 'a', 'c'],
    ['a', 'c'],
  ],
  [
    ['a', 'b', '-b', 'b', 'c'],
    ['b', 'c'],
  ],
  [
    ['a', 'a', 'a', 'a', 'a', 'b'],
    ['a', 'b'],
  ],
])('after %j the keys are %j, the longest unused first', (used, left) => {
  expect(keysAfter(...used)).toEqual(left);
});
