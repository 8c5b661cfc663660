import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from './make-folder.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'make-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('makes what is missing above it, for its owner alone, and tells what it made', () => {
  const path = join(folder, 'a', 'b', 'c');
  expect(makeFolder(path)).toEqual([join(folder, 'a'), join(folder, 'a', 'b'), path]);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(makeFolder(path)).toEqual([]);
});

test('gives up where there can be no folder: below a file, and in procfs', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeFolder(join(folder, 'file', 'a'))).toThrow('ENOTDIR');
  expect(() => makeFolder('/proc/nowhere/a')).toThrow('ENOENT');
});
