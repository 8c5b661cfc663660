import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { pluginDiagnostic, type LoadedPlugin } from './loaded-plugin.js';

/**
 * Each plugin after those it depends on, else in the order of the file. Faults are added to `diagnostics`; when there are some
 * already, a plugin that is missing may be one that could not be loaded, and is not reported besides.
 */
export function inDependencyOrder(plugins: readonly LoadedPlugin[], diagnostics: Diagnostic[]): LoadedPlugin[] {
  const isComplete = diagnostics.length === 0;
  const byName = new Map<string, LoadedPlugin>();
  for (const plugin of plugins) {
    const { name } = plugin.definition;
    if (byName.has(name)) {
      diagnostics.push(pluginDiagnostic(plugin, 'PLUGIN_NAME_TAKEN', `The plugin ${name} is used twice.`));
    } else {
      byName.set(name, plugin);
    }
  }
  const ordered = new Set<LoadedPlugin>();
  const visit = (plugin: LoadedPlugin, path: readonly string[]): void => {
    const { name, dependsOn = [] } = plugin.definition;
    if (ordered.has(plugin)) return;
    if (path.includes(name)) {
      const circle = [...path.slice(path.indexOf(name)), name].join(' -> ');
      diagnostics.push(
        pluginDiagnostic(plugin, 'PLUGIN_CYCLE', `Plugins depend on each other in a circle: ${circle}.`),
      );
      return;
    }
    for (const dependency of dependsOn) {
      const found = byName.get(dependency);
      if (found) visit(found, [...path, name]);
      else if (isComplete) {
        const message = `${name} depends on ${dependency}, which is not in use.`;
        diagnostics.push(pluginDiagnostic(plugin, 'PLUGIN_DEPENDENCY_MISSING', message));
      }
    }
    ordered.add(plugin);
  };
  for (const plugin of byName.values()) visit(plugin, []);
  return [...ordered];
}
