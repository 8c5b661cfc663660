import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { build, type BuildOptions } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

const repository = resolve(import.meta.dirname, '../../../..');
const example = join(repository, 'examples/custom-plugin');
const same = { plugin: 'fan', sameObservable: true, sameSchemas: true, sameHost: true, sameClock: true };

let work: string;

/** The engine in one file, in a folder from where nothing of the repository can be resolved. */
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'devicerc-bundle-'));
  const shared: BuildOptions = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    keepNames: true,
    external: ['typescript', '@swc/core'],
    tsconfig: join(repository, 'tsconfig.base.json'),
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
  };
  const source = (name: string): string => join(import.meta.dirname, name);
  await build({
    ...shared,
    entryPoints: [source('bundled-engine.fixture.ts')],
    outfile: join(work, 'engine/devicerc.mjs'),
  });
  await build({ ...shared, entryPoints: [source('module-hooks.ts')], outfile: join(work, 'engine/plugin-hooks.mjs') });
}, 60_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

function project(name: string): string {
  const folder = join(work, name);
  mkdirSync(join(folder, 'sys/class/hwmon/hwmon0'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "device", "private": true, "type": "module" }');
  return folder;
}

function load(folder: string, specifier: string): unknown {
  const hooks = pathToFileURL(join(work, 'engine/plugin-hooks.mjs')).href;
  const args = [
    join(work, 'engine/devicerc.mjs'),
    hooks,
    join(folder, 'cache'),
    folder,
    specifier,
    join(folder, 'sys'),
  ];
  const env = { ...process.env, NODE_OPTIONS: '' };
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env })) as unknown;
}

function powerOf(folder: string): string {
  return readFileSync(join(folder, 'sys/class/hwmon/hwmon0/pwm1'), 'utf8');
}

test('a packed plugin, installed by name, gets the classes, rxjs and tokens of the bundled engine', () => {
  const folder = project('by-name');
  const packed = join(work, 'packed');
  cpSync(example, packed, { recursive: true });
  const { outputText } = ts.transpileModule(readFileSync(join(example, 'fan.ts'), 'utf8'), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  });
  mkdirSync(join(packed, 'dist'), { recursive: true });
  writeFileSync(join(packed, 'dist/fan.js'), outputText);
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: packed, stdio: 'pipe' });
  const install = ['install', '--offline', '--no-audit', '--no-fund', '--legacy-peer-deps'];
  execFileSync('npm', [...install, './devicerc-plugin-fan-0.1.0.tgz'], { cwd: folder, stdio: 'pipe' });
  expect(load(folder, 'devicerc-plugin-fan')).toEqual(same);
  expect(powerOf(folder)).toBe('255');
}, 60_000);

test('a TypeScript file by path is compiled, injected by type and cached; without a compiler the cache is enough', () => {
  const folder = project('by-path');
  cpSync(join(example, 'fan.ts'), join(folder, 'fan.ts'));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  symlinkSync(join(repository, 'node_modules/typescript'), join(modules, 'typescript'));
  expect(load(folder, './fan.ts')).toEqual(same);
  expect(readdirSync(join(folder, 'cache'))).toHaveLength(1);
  rmSync(modules, { recursive: true });
  expect(load(folder, './fan.ts')).toEqual(same);
  rmSync(join(folder, 'cache'), { recursive: true });
  expect(load(folder, './fan.ts')).toMatchObject({
    diagnostics: [{ code: 'PLUGIN_COMPILER_MISSING', remedy: expect.stringContaining('DEVICERC_CACHE') }],
  });
}, 60_000);

test('relative imports of a TypeScript plugin are compiled too, by either compiler; a syntax error names its place', () => {
  const folder = project('parts');
  mkdirSync(join(folder, 'node_modules/@swc'), { recursive: true });
  for (const name of readdirSync(join(repository, 'node_modules/@swc'))) {
    symlinkSync(join(repository, 'node_modules/@swc', name), join(folder, 'node_modules/@swc', name));
  }
  cpSync(join(example, 'fan.ts'), join(folder, 'part.ts'));
  writeFileSync(join(folder, 'whole.ts'), "export { default } from './part.js';\n");
  expect(load(folder, './whole.ts')).toEqual(same);
  writeFileSync(join(folder, 'broken.ts'), 'export default 1;\nconst = 2;\n');
  expect(load(folder, './broken.ts')).toMatchObject({
    diagnostics: [{ code: 'PLUGIN_COMPILE_FAILED', message: expect.stringContaining('broken.ts') }],
  });
}, 60_000);

test.each([
  ['a missing package', 'no-such-plugin', 'PLUGIN_NOT_FOUND', 'npm install no-such-plugin'],
  ['a missing file', './missing.ts', 'PLUGIN_NOT_FOUND', 'path'],
  ['a module without default export', './empty.js', 'PLUGIN_INVALID', 'definePlugin'],
  ['a module that throws', './throws.js', 'PLUGIN_IMPORT_FAILED', ''],
  ['a module that lacks a dependency', './lacks.js', 'PLUGIN_IMPORT_FAILED', ''],
])('%s is reported with what to do', (_title, specifier, code, remedy) => {
  const folder = project('faults');
  writeFileSync(join(folder, 'empty.js'), 'export const fan = 1;');
  writeFileSync(join(folder, 'throws.js'), "throw new Error('no hardware');");
  writeFileSync(join(folder, 'lacks.js'), "import 'no-such-dependency';");
  expect(load(folder, specifier)).toMatchObject({ diagnostics: [{ code, remedy: expect.stringContaining(remedy) }] });
});
