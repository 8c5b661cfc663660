import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findDeviceFile } from './find-device-file.js';

let top: string;
let folder: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'devicerc-find-'));
  folder = join(top, 'app');
  mkdirSync(folder);
});
afterEach(() => rmSync(top, { recursive: true }));

const above = (name: string): string => join(top, name);
const beside = (name: string): string => join(folder, name);

test('a path that is given is taken as it is, from the working folder', async () => {
  writeFileSync(beside('.devicerc.yml'), '');
  await expect(findDeviceFile('../other.yml', folder)).resolves.toBe(above('other.yml'));
});

test('the nearest folder comes first, and in it `.yml` before `.yaml`, `.json` and package.json', async () => {
  writeFileSync(above('.devicerc.yml'), '');
  const found = [await findDeviceFile(undefined, folder)];
  writeFileSync(beside('package.json'), '{ "device": { "version": 1 } }');
  for (const name of ['.devicerc.json', '.devicerc.yaml', '.devicerc.yml']) {
    found.push(await findDeviceFile(undefined, folder));
    writeFileSync(beside(name), '');
  }
  found.push(await findDeviceFile(undefined, folder));
  const names = ['package.json', '.devicerc.json', '.devicerc.yaml', '.devicerc.yml'];
  expect(found).toEqual([above('.devicerc.yml'), ...names.map(beside)]);
});

test.each(['{ "name": "no-device" }', '{ "device": ', ''])(
  'a package.json that says %j is passed over',
  async (text) => {
    writeFileSync(above('.devicerc.json'), '{}');
    writeFileSync(beside('package.json'), text);
    await expect(findDeviceFile(undefined, folder)).resolves.toBe(above('.devicerc.json'));
  },
);

test.each<[string, (path: string) => void]>([
  ['the folder that docker makes where the source of a mount is missing', (path) => mkdirSync(path)],
  ['a pipe that nobody writes to', (path) => spawnSync('mkfifo', [path])],
])('%s is found too, so that it is named when it is read', async (_what, make) => {
  writeFileSync(above('.devicerc.yml'), '');
  make(beside('.devicerc.yml'));
  await expect(findDeviceFile(undefined, folder)).resolves.toBe(beside('.devicerc.yml'));
});

test('such a thing stands behind a file with an earlier name, and as package.json it is passed over', async () => {
  writeFileSync(beside('.devicerc.yml'), '');
  mkdirSync(beside('.devicerc.json'));
  await expect(findDeviceFile(undefined, folder)).resolves.toBe(beside('.devicerc.yml'));
  rmSync(beside('.devicerc.yml'));
  rmSync(beside('.devicerc.json'), { recursive: true });
  spawnSync('mkfifo', [beside('package.json')]);
  writeFileSync(above('.devicerc.yaml'), '');
  await expect(findDeviceFile(undefined, folder)).resolves.toBe(above('.devicerc.yaml'));
});

test('where there is none, the error names the folder', async () => {
  await expect(findDeviceFile(undefined, folder)).rejects.toMatchObject({
    code: 'CONFIG_NOT_FOUND',
    message: expect.stringContaining(folder),
  });
});
