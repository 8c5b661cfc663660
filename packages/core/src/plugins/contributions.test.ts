import { expect, test } from '@jest/globals';
import { PowerControl, powerControl, type PowerControlAvailability } from '../actions/power-control.js';
import { plainImporter } from './module-importer.js';
import { PluginLoader } from './plugin-loader.js';
import { definePlugin, type PluginDefinition } from './plugin.js';
import type { PluginUse } from './plugin-use.js';

abstract class Control extends PowerControl {
  available(): Promise<PowerControlAvailability> {
    return Promise.resolve({ available: true });
  }
  async reboot(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

@powerControl({ name: 'relay', summary: 'A relay.', rank: 40, unreachable: [] })
class Relay extends Control {}

@powerControl({ name: 'relay', summary: 'Another relay.', rank: 41, unreachable: [] })
class OtherRelay extends Control {}

class Unmarked extends Control {}

const plugin = (name: string, ...powerControls: NonNullable<PluginDefinition['powerControls']>): PluginDefinition =>
  definePlugin({ name, api: '^1.0.0', powerControls });

function load(...plugins: readonly PluginDefinition[]) {
  const range = { file: 'x.yml', start: { line: 1, column: 1, offset: 0 }, end: { line: 1, column: 2, offset: 1 } };
  const uses = plugins.map(({ name }): PluginUse => ({
    specifier: name,
    options: undefined,
    baseFolder: '/',
    range,
    optionRange: () => range,
  }));
  return new PluginLoader(plainImporter, new Map(plugins.map((each) => [each.name, each]))).load(uses);
}

test('the registry names the power controls of the plugins', async () => {
  expect(await load(plugin('board', Relay))).toMatchObject({
    ok: true,
    value: { registry: { powerControls: new Map([['relay', { plugin: 'board', description: { rank: 40 } }]]) } },
  });
});

test('a power control that is not marked is refused, and so is one whose name is taken: it stands for it in the record', async () => {
  expect(await load(plugin('board', Relay, Unmarked), plugin('other', OtherRelay))).toMatchObject({
    ok: false,
    diagnostics: [
      { code: 'PLUGIN_INVALID', message: expect.stringMatching(/Unmarked of board .*@powerControl/) },
      { code: 'PLUGIN_NAME_TAKEN', message: 'Both board and other bring the power control "relay".' },
    ],
  });
});
