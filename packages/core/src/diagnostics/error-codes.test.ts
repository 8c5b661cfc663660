import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { coreErrorTable } from './core-errors.js';

const source = join(import.meta.dirname, '..');

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('core-errors.ts'))
  .map((file) => readFileSync(join(source, file), 'utf8'));

test('every error code of the table is used in the core', () => {
  const unused = Object.keys(coreErrorTable).filter((code) => !files.some((text) => text.includes(`'${code}'`)));
  expect(unused).toEqual([]);
});

test('every error code that the core makes stands in the table', () => {
  const used = files.flatMap((text) =>
    [...text.matchAll(/core(?:Error|Diagnostic)\(\s*'([A-Z_]+)'/g)].map(([, code]) => code!),
  );
  expect(used.filter((code) => !Object.hasOwn(coreErrorTable, code))).toEqual([]);
});
