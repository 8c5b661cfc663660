import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostEnvironment } from '../host/host-environment.js';
import { cacheFolderOf } from './module-importer.js';
import { NodeProgram } from './node-program.fixture.js';

/** Imports one module, and prints its default export or the error. */
const source = `
import { plainImporter } from './module-importer.js';

const [specifier = '', folder = ''] = process.argv.slice(2);
const imported = plainImporter(specifier, folder).then(
  (module) => ({ exported: (module as { default: unknown }).default }),
  ({ name, code, message, remedy }) => ({ name, code, message, remedy }),
);
console.log(JSON.stringify(await imported));
`;

let folder: string;
let importer: NodeProgram;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'devicerc-importer-'));
  const write = (path: string, text: string): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('package.json', '{ "type": "module" }');
  write('fan.js', "export default 'fan';");
  write('parts/door.js', "export default 'door';");
  write('node_modules/wind/package.json', '{ "name": "wind", "type": "module", "exports": "./wind.js" }');
  write('node_modules/wind/wind.js', "export default 'wind';");
  write('lacks.js', "import 'no-such-dependency';");
  write('throws.js', "throw new Error('no hardware');");
  write('throws-text.js', "throw 'no hardware';");
  for (const code of ['PLUGIN_COMPILE_FAILED', 'PLUGIN_COMPILER_MISSING']) {
    write(`${code}.js`, `throw Object.assign(new Error('fan.ts:2:7 no name'), { code: '${code}' });`);
  }
  execFileSync('mkfifo', [join(folder, 'pipe.js')]);
  importer = await NodeProgram.build(folder, source);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a module is found', () => {
  test.each([
    ['by a path from the folder', './fan.js', '', 'fan'],
    ['by a path that leads upwards', '../fan.js', 'parts', 'fan'],
    ['by a package of the folder', 'wind', '', 'wind'],
    ['by a package of a folder above', 'wind', 'parts', 'wind'],
  ])('%s', (_how, specifier, from, exported) => {
    expect(importer.run(specifier, join(folder, from))).toEqual({ exported });
  });

  test('by a path from the root', () => {
    expect(importer.run(join(folder, 'parts/door.js'), '/')).toEqual({ exported: 'door' });
  });
});

describe('a module that cannot be imported is reported:', () => {
  test.each([
    ['a path that leads nowhere', './missing.js', 'PLUGIN_NOT_FOUND', /^There is no file .*\/missing\.js\.$/],
    ['a folder', './parts', 'PLUGIN_NOT_FOUND', /\/parts is not a regular file\.$/],
    ['a pipe, which nobody waits for', './pipe.js', 'PLUGIN_NOT_FOUND', /\/pipe\.js is not a regular file\.$/],
    [
      'a package that is not installed',
      'no-such-plugin',
      'PLUGIN_NOT_FOUND',
      /^The package "no-such-plugin" is not installed in .* or above\.$/,
    ],
    [
      'one that lacks a package itself',
      './lacks.js',
      'PLUGIN_IMPORT_FAILED',
      /^".\/lacks\.js" failed while it was loaded: .*no-such-dependency/,
    ],
    [
      'one that throws',
      './throws.js',
      'PLUGIN_IMPORT_FAILED',
      /^"\.\/throws\.js" failed while it was loaded: no hardware$/,
    ],
    [
      'one that throws what is no error',
      './throws-text.js',
      'PLUGIN_IMPORT_FAILED',
      /^"\.\/throws-text\.js" failed while it was loaded: no hardware$/,
    ],
    ['one that is not compiled', './PLUGIN_COMPILE_FAILED.js', 'PLUGIN_COMPILE_FAILED', /^fan\.ts:2:7 no name$/],
    ['one without a compiler', './PLUGIN_COMPILER_MISSING.js', 'PLUGIN_COMPILER_MISSING', /^fan\.ts:2:7 no name$/],
  ])('%s', (_what, specifier, code, message) => {
    expect(importer.run(specifier, folder)).toMatchObject({
      name: 'DeviceError',
      code,
      message: expect.stringMatching(message),
    });
  });

  test('with the command that installs a package', () => {
    expect(importer.run('no-such-plugin', folder)).toMatchObject({
      remedy: expect.stringContaining('npm install no-such-plugin'),
    });
  });
});

test.each([
  ['DEVICERC_CACHE', { DEVICERC_CACHE: '/data/cache', XDG_CACHE_HOME: '/var/cache' }, '/data/cache'],
  ['XDG_CACHE_HOME', { XDG_CACHE_HOME: '/var/cache' }, '/var/cache/devicerc'],
  ['the home folder', {}, join(homedir(), '.cache/devicerc')],
])('what is compiled is kept where %s says', (_what, variables: Record<string, string>, expected) => {
  class Environment extends HostEnvironment {
    override readonly variables = variables;
    override readonly procPath = '/proc';
    override readonly sysPath = '/sys';
    override readonly rootPath = '';
  }
  expect(cacheFolderOf(new Environment())).toBe(expected);
});
