import { expect, test } from '@jest/globals';
import { coreError } from '../diagnostics/core-errors.js';
import { findingsOf, pluginOf, useOf } from './plugin.fixture.js';
import { PluginLoader } from './plugin-loader.js';

function loaderOf(importModule: (specifier: string) => unknown): PluginLoader {
  return new PluginLoader(async (specifier) => importModule(specifier), new Map([['bus', pluginOf('bus')]]));
}

test.each([
  ['no default export', {}, 'it has no default export'],
  ['a function', { default: () => 'fan' }, 'its default export is something else'],
  ['null', { default: null }, 'its default export is something else'],
  [
    'an object that only looks like one',
    { default: { name: 'fan', api: '^1.0.0' } },
    'its default export is something else',
  ],
])('a module with %s is not a plugin', async (_what, module, found) => {
  expect(findingsOf(await loaderOf(() => module).load([useOf('./fan.js')]))).toEqual([
    `PLUGIN_INVALID ./fan.js: "./fan.js" is not a plugin: ${found}.`,
  ]);
});

test('a plugin of another copy of the contract is one all the same', async () => {
  const fan = { name: 'fan', api: '^1.0.0', [Symbol.for('devicerc.plugin')]: true };
  const loading = await loaderOf(() => ({ default: fan })).load([useOf('fan')]);
  expect(loading.ok && loading.value.plugins.map(({ definition }) => definition.name)).toEqual(['fan']);
});

test('a definition cannot be changed after it was made', () => {
  expect(Object.isFrozen(pluginOf('fan'))).toBe(true);
});

test('what comes with the engine is not looked for elsewhere', async () => {
  const asked: string[] = [];
  const loader = loaderOf((specifier) => {
    asked.push(specifier);
    return { default: pluginOf(specifier) };
  });
  expect(findingsOf(await loader.load([useOf('bus'), useOf('fan')]))).toEqual([]);
  expect(asked).toEqual(['fan']);
});

test('a module is looked for from the folder of the file that names it', async () => {
  const folders: string[] = [];
  const importModule = async (_specifier: string, folder: string): Promise<unknown> => {
    folders.push(folder);
    return { default: pluginOf('fan') };
  };
  await new PluginLoader(importModule, new Map()).load([{ ...useOf('./fan.js'), baseFolder: '/device/parts' }]);
  expect(folders).toEqual(['/device/parts']);
});

test.each([
  [
    'an error',
    new Error('no hardware'),
    'PLUGIN_IMPORT_FAILED ./fan.js: "./fan.js" failed while it was loaded: no hardware',
  ],
  [
    'something else',
    'no hardware',
    'PLUGIN_IMPORT_FAILED ./fan.js: "./fan.js" failed while it was loaded: no hardware',
  ],
  ['an error with a code', coreError('PLUGIN_NOT_FOUND', 'not here'), 'PLUGIN_NOT_FOUND ./fan.js: not here'],
])('a module that throws %s is reported at its place', async (_what, error, finding) => {
  const loader = loaderOf(() => {
    throw error;
  });
  expect(findingsOf(await loader.load([useOf('./fan.js')]))).toEqual([finding]);
});

test('all modules that cannot be loaded are reported in one go, in the order of the file', async () => {
  const loader = loaderOf((specifier) => {
    throw coreError('PLUGIN_NOT_FOUND', `no ${specifier}`);
  });
  expect(findingsOf(await loader.load([useOf('fan'), useOf('bus'), useOf('door')]))).toEqual([
    'PLUGIN_NOT_FOUND fan: no fan',
    'PLUGIN_NOT_FOUND door: no door',
  ]);
});
