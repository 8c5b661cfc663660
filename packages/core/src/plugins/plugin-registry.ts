import { actionDescriptionOf } from '../actions/action.js';
import { powerControlDescriptionOf } from '../actions/power-control.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { streamDescriptionOf } from '../streams/stream.js';
import { pluginDiagnostic, type LoadedPlugin } from './loaded-plugin.js';
import type { InjectableClass } from './plugin.js';
import type { Registered, Registry } from './registry.js';

/** Gathers what the plugins offer. Faults are added to `diagnostics`. */
export function registryOf(plugins: readonly LoadedPlugin[], diagnostics: Diagnostic[]): Registry {
  const streams = gather('stream', plugins, (plugin) => plugin.definition.streams, streamDescriptionOf, diagnostics);
  const actions = gather('action', plugins, (plugin) => plugin.definition.actions, actionDescriptionOf, diagnostics);
  const controlsOf = (plugin: LoadedPlugin) => plugin.definition.powerControls;
  const powerControls = gather('power control', plugins, controlsOf, powerControlDescriptionOf, diagnostics);
  return { streams, actions, powerControls };
}

const decorators = {
  stream: '@stateStream or @eventStream',
  action: '@action',
  'power control': '@powerControl',
} as const;

function gather<Description extends { readonly name: string }>(
  kind: keyof typeof decorators,
  plugins: readonly LoadedPlugin[],
  classesOf: (plugin: LoadedPlugin) => readonly InjectableClass[] | undefined,
  descriptionOf: (target: object) => Description | undefined,
  diagnostics: Diagnostic[],
): ReadonlyMap<string, Registered<Description>> {
  const gathered = new Map<string, Registered<Description>>();
  for (const plugin of plugins) {
    const owner = plugin.definition.name;
    for (const target of classesOf(plugin) ?? []) {
      const description = descriptionOf(target);
      const taken = description && gathered.get(description.name);
      if (!description) {
        const message = `${target.name} of ${owner} stands under ${kind}s, but is not marked with ${decorators[kind]}.`;
        diagnostics.push(pluginDiagnostic(plugin, 'PLUGIN_INVALID', message));
      } else if (taken) {
        const message = `Both ${taken.plugin} and ${owner} bring the ${kind} "${description.name}".`;
        diagnostics.push(pluginDiagnostic(plugin, 'PLUGIN_NAME_TAKEN', message));
      } else {
        gathered.set(description.name, { description, plugin: owner });
      }
    }
  }
  return gathered;
}
