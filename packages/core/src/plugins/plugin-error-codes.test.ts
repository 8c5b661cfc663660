import { expect, test } from '@jest/globals';
import type { ErrorTable } from '../diagnostics/device-error.js';
import { z } from '../schemas/schema.js';
import { PluginLoader } from './plugin-loader.js';
import { definePlugin, type PluginDefinition } from './plugin.js';

const core = definePlugin({ name: 'core', api: '^1.0.0' });

function withCodes(name: string, ...codes: readonly string[]): PluginDefinition {
  const entry = { summary: 'It failed.', remedy: 'Mend it.' };
  const errors: ErrorTable = Object.fromEntries(codes.map((code) => [code, entry]));
  return definePlugin({ name, api: '^1.0.0', options: z.unknown(), errors });
}

/** Each finding with the line of the plugin that it is about, counted from 1. */
async function findings(...plugins: readonly PluginDefinition[]) {
  const uses = plugins.map(({ name }, index) => {
    const start = { line: index + 1, column: 1, offset: index };
    const range = { file: '.devicerc.yml', start, end: start };
    return { specifier: name, options: undefined, baseFolder: '/', range, optionRange: () => range };
  });
  const builtIn = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  const loaded = await new PluginLoader(() => Promise.reject(new Error('not asked')), builtIn, core).load(uses);
  return loaded.ok ? [] : loaded.diagnostics.map(({ range, ...finding }) => ({ ...finding, line: range?.start.line }));
}

test('plugins with codes of their own go together', async () => {
  expect(await findings(withCodes('fan', 'FAN_STUCK'), withCodes('lamp', 'LAMP_BROKEN'))).toEqual([]);
});

test('a plugin that repeats a code of the core is refused, at its place in the file, and the remedy is for its author', async () => {
  expect(await findings(withCodes('lamp', 'LAMP_BROKEN'), withCodes('fan', 'FAN_STUCK', 'ACTION_FAILED'))).toEqual([
    {
      code: 'PLUGIN_NAME_TAKEN',
      severity: 'error',
      message: 'Both the core and fan bring the error code "ACTION_FAILED".',
      remedy: 'The plugin fan has to be mended: begin its codes with a word of its own.',
      line: 2,
    },
  ]);
});

test('of two plugins that bring the same codes only one can be used', async () => {
  const remedy = 'Use only one of the plugins.';
  expect(await findings(withCodes('fan', 'STUCK', 'HOT'), withCodes('lamp', 'HOT', 'STUCK'))).toMatchObject([
    { code: 'PLUGIN_NAME_TAKEN', message: 'Both fan and lamp bring the error code "HOT".', remedy, line: 2 },
    { code: 'PLUGIN_NAME_TAKEN', message: 'Both fan and lamp bring the error code "STUCK".', remedy, line: 2 },
  ]);
});
