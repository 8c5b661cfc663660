import { expect, test } from '@jest/globals';
import { findingsOf, load, useOf } from './plugin.fixture.js';
import { PluginLoader } from './plugin-loader.js';
import { definePlugin, pluginApiVersion } from './plugin.js';

const fanFor = (api: string) => definePlugin({ name: 'fan', api });

test.each(['^1.0.0', '1.x', '>=0.9.0 <2.0.0', '*'])('a plugin for the contract %s is loaded', async (api) => {
  expect(findingsOf(await load({ fan: fanFor(api) }))).toEqual([]);
});

test.each(['^2.0.0', '~0.9.0', '>1.0.0', '1.0.0-rc.1'])(
  'a plugin for the contract %s is rejected, with both versions named',
  async (api) => {
    expect(findingsOf(await load({ fan: fanFor(api) }))).toEqual([
      `PLUGIN_API_UNSUPPORTED fan: fan works with version ${api} of the plugin contract; this engine has ${pluginApiVersion}.`,
    ]);
  },
);

test.each(['latest', undefined])('a plugin that gives %p for a range of versions is rejected', async (api) => {
  expect(findingsOf(await load({ fan: fanFor(api as string) }))).toEqual([
    `PLUGIN_API_UNSUPPORTED fan: fan says it works with "${api}", which is no range of versions.`,
  ]);
});

test('each plugin is held to the version, one that came with the engine too, and all are reported at once', async () => {
  const importModule = (): Promise<unknown> => Promise.resolve({ default: fanFor('^3.0.0') });
  const builtIn = new Map([['bus', definePlugin({ name: 'bus', api: '^2.0.0' })]]);
  const loading = await new PluginLoader(importModule, builtIn).load([useOf('bus'), useOf('fan')]);
  expect(findingsOf(loading)).toEqual([
    expect.stringMatching(/^PLUGIN_API_UNSUPPORTED bus: bus works with version \^2\.0\.0/),
    expect.stringMatching(/^PLUGIN_API_UNSUPPORTED fan: fan works with version \^3\.0\.0/),
  ]);
});

test('the options of a plugin for another contract are not judged', async () => {
  expect(findingsOf(await load({ fan: fanFor('^2.0.0') }, { fan: { minimum: 20 } }))).toEqual([
    expect.stringMatching(/^PLUGIN_API_UNSUPPORTED/),
  ]);
});
