import { dirname } from 'node:path';
import type { PluginUse } from '../plugins/plugin-use.js';
import { Fields } from './fields.js';
import type { Findings } from './findings.js';
import { keysOf, pluginKeys } from './grammar.js';
import { plainValue, rangeAt, type SourceNode } from './source-node.js';

export function readPluginUses(nodes: readonly SourceNode[], findings: Findings): PluginUse[] {
  const uses = new Map<string, PluginUse>();
  for (const node of nodes) {
    const use = readPluginUse(node, findings);
    if (!use) continue;
    const earlier = uses.get(use.specifier);
    if (earlier) {
      findings.error(
        'NAME_TAKEN',
        `The plugin "${use.specifier}" is used twice; first on line ${earlier.range.start.line}.`,
        use.range,
      );
    } else {
      uses.set(use.specifier, use);
    }
  }
  return [...uses.values()];
}

function readPluginUse(node: SourceNode, findings: Findings): PluginUse | undefined {
  const fields = Fields.read(node, 'an entry of "plugins"', keysOf(pluginKeys), findings);
  if (!fields?.require('use')) return undefined;
  const specifier = fields.text('use');
  const options = fields.value('with');
  if (options) refuseTemplates(options, findings);
  if (specifier === undefined) return undefined;
  const range = fields.entry('use')!.value.range;
  return {
    specifier,
    options: options && plainValue(options),
    baseFolder: dirname(node.range.file),
    range,
    optionRange: (path) => (options ? rangeAt(options, path) : range),
  };
}

function refuseTemplates(node: SourceNode, findings: Findings): void {
  if (node.kind === 'sequence') node.items.forEach((item) => refuseTemplates(item, findings));
  else if (node.kind === 'mapping') node.entries.forEach((entry) => refuseTemplates(entry.value, findings));
  else if (node.source.text.includes('${{')) {
    findings.error('PLUGIN_OPTION_TEMPLATE', 'Options of a plugin cannot hold ${{ }}.', node.range);
  }
}
