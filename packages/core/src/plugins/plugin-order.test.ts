import { describe, expect, test } from '@jest/globals';
import { findingsOf, load, pluginOf, type Modules } from './plugin.fixture.js';
import type { PluginDefinition } from './plugin.js';

function dependent(name: string, ...dependsOn: string[]): PluginDefinition {
  return pluginOf(name, { dependsOn });
}

async function orderOf(modules: Modules, core?: PluginDefinition): Promise<readonly string[]> {
  const loading = await load(modules, {}, core);
  expect(findingsOf(loading)).toEqual([]);
  return loading.ok ? loading.value.plugins.map(({ definition }) => definition.name) : [];
}

describe('plugins are ordered', () => {
  test('as in the file when none depends on another, after the core', async () => {
    const modules = { fan: pluginOf('fan'), bus: pluginOf('bus'), door: pluginOf('door') };
    expect(await orderOf(modules, pluginOf('core'))).toEqual(['core', 'fan', 'bus', 'door']);
  });

  test('each after those it depends on, and no further from its place in the file than that', async () => {
    const modules = {
      page: dependent('page', 'bus', 'store'),
      fan: pluginOf('fan'),
      store: dependent('store', 'bus'),
      bus: pluginOf('bus'),
    };
    expect(await orderOf(modules)).toEqual(['bus', 'store', 'page', 'fan']);
  });

  test('on the core too', async () => {
    expect(await orderOf({ fan: dependent('fan', 'core') }, pluginOf('core'))).toEqual(['core', 'fan']);
  });
});

describe('a plugin that is missing', () => {
  test('is reported at each plugin that depends on it', async () => {
    const modules = { page: dependent('page', 'bus', 'store'), bus: pluginOf('bus'), log: dependent('log', 'store') };
    expect(findingsOf(await load(modules))).toEqual([
      'PLUGIN_DEPENDENCY_MISSING page: page depends on store, which is not in use.',
      'PLUGIN_DEPENDENCY_MISSING log: log depends on store, which is not in use.',
    ]);
  });

  test('is not reported when it is in use and could not be loaded: that alone has to be mended', async () => {
    const modules = { page: dependent('page', 'bus'), bus: pluginOf('bus', { api: '^2.0.0' }) };
    expect(findingsOf(await load(modules))).toEqual([expect.stringMatching(/^PLUGIN_API_UNSUPPORTED bus/)]);
  });
});

describe('a circle', () => {
  test('is reported once, from plugin to plugin', async () => {
    const modules = {
      page: dependent('page', 'store'),
      store: dependent('store', 'bus'),
      bus: dependent('bus', 'page'),
    };
    expect(findingsOf(await load(modules))).toEqual([
      'PLUGIN_CYCLE page: Plugins depend on each other in a circle: page -> store -> bus -> page.',
    ]);
  });

  test('is named without the way that leads to it', async () => {
    const modules = {
      page: dependent('page', 'store'),
      store: dependent('store', 'bus'),
      bus: dependent('bus', 'store'),
    };
    expect(findingsOf(await load(modules))).toEqual([
      'PLUGIN_CYCLE store: Plugins depend on each other in a circle: store -> bus -> store.',
    ]);
  });

  test('may be one plugin alone', async () => {
    expect(findingsOf(await load({ fan: dependent('fan', 'fan') }))).toEqual([
      'PLUGIN_CYCLE fan: Plugins depend on each other in a circle: fan -> fan.',
    ]);
  });
});

describe('a plugin that is used twice', () => {
  test('is reported at its second place', async () => {
    const fan = dependent('fan', 'bus');
    expect(findingsOf(await load({ fan, './fan.js': fan, bus: pluginOf('bus') }))).toEqual([
      'PLUGIN_NAME_TAKEN ./fan.js: The plugin fan is used twice.',
    ]);
  });

  test('may bear the name of the core', async () => {
    expect(findingsOf(await load({ './mine.js': pluginOf('core') }, {}, pluginOf('core')))).toEqual([
      'PLUGIN_NAME_TAKEN ./mine.js: The plugin core is used twice.',
    ]);
  });
});

test('a file learns of all that is wrong with the order in one go', async () => {
  const modules = {
    fan: dependent('fan', 'wind'),
    './fan.js': pluginOf('fan'),
    store: dependent('store', 'bus'),
    bus: dependent('bus', 'store'),
  };
  expect(findingsOf(await load(modules)).map((finding) => finding.split(' ')[0])).toEqual([
    'PLUGIN_NAME_TAKEN',
    'PLUGIN_DEPENDENCY_MISSING',
    'PLUGIN_CYCLE',
  ]);
});
