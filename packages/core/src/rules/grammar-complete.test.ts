import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as grammar from '../config/grammar.js';

/** Not in a table of a script: one needs a restart, the other needs chance. */
const elsewhere = {
  'on-gap': 'rule-engine.test.ts',
  'retry.jitter': '../actions/supervised-action-runner.test.ts',
};

test('every key of the grammar has a table', () => {
  const room = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.test.ts'));
  const text = room.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8')).join('\n');
  const headings = [...text.matchAll(/^ {2}'?([a-z][a-z .-]*)'?: \[/gm)].flatMap(([, heading]) => heading!.split(' '));
  const under = (section: string, keys: object): string[] => Object.keys(keys).map((key) => `${section}.${key}`);
  const keys = [
    ...Object.keys({ ...grammar.ruleKeys, ...grammar.stepKeys, ...grammar.patternOptions, ...grammar.combinators }),
    ...under('limit', grammar.limitKeys),
    ...under('escalate', grammar.rungKeys),
    ...under('hold', grammar.holdKeys),
    ...under('retry', grammar.retryKeys),
    ...under('repeat', grammar.repeatKeys),
    ...under('wait', grammar.waitKeys),
    ...under('stop', grammar.stopKeys),
    ...under('emit', grammar.emitKeys),
  ];
  expect(keys.filter((key) => !headings.includes(key) && !Object.hasOwn(elsewhere, key))).toEqual([]);
});
