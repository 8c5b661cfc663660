import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import { coreError } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Compilation } from '../expressions/expression.js';
import type { LoadedPlugin, LoadedPlugins } from './loaded-plugin.js';
import type { ModuleImporter } from './module-importer.js';
import { checkErrorCodes } from './plugin-error-codes.js';
import { parsePluginOptions } from './plugin-options.js';
import { inDependencyOrder } from './plugin-order.js';
import { isPluginDefinition, pluginApiVersion, type PluginDefinition } from './plugin.js';
import type { PluginUse } from './plugin-use.js';
import { registryOf } from './plugin-registry.js';

export type { LoadedPlugin, LoadedPlugins } from './loaded-plugin.js';
export type { PluginUse } from './plugin-use.js';

/** Finds the plugins of a file and checks all of them, so that every fault is reported in one go. */
export class PluginLoader {
  /**
   * @param builtIn plugins that came with the engine, by package name; they win over installed ones
   * @param core streams and actions that are there without being asked for
   */
  constructor(
    private readonly importModule: ModuleImporter,
    private readonly builtIn: ReadonlyMap<string, PluginDefinition>,
    private readonly core?: PluginDefinition,
  ) {}

  async load(uses: readonly PluginUse[]): Promise<Compilation<LoadedPlugins>> {
    const diagnostics: Diagnostic[] = [];
    const plugins: LoadedPlugin[] = this.core ? [{ definition: this.core, options: {} }] : [];
    for (const loading of await Promise.all(uses.map((use) => this.#loadOne(use)))) {
      if (loading.ok) plugins.push(loading.value);
      else diagnostics.push(...loading.diagnostics);
    }
    const ordered = inDependencyOrder(plugins, diagnostics);
    const registry = registryOf(ordered, diagnostics);
    checkErrorCodes(ordered, diagnostics);
    return diagnostics.length > 0 ? { ok: false, diagnostics } : { ok: true, value: { registry, plugins: ordered } };
  }

  async #loadOne(use: PluginUse): Promise<Compilation<LoadedPlugin>> {
    try {
      const definition = this.builtIn.get(use.specifier) ?? definitionOf(await this.#import(use), use.specifier);
      checkApiVersion(definition);
      const options = parsePluginOptions(definition, use);
      if (!options.ok) return options;
      return { ok: true, value: { definition, options: options.value, range: use.range } };
    } catch (error) {
      const fault = error instanceof DeviceError ? error : importFailed(use.specifier, error);
      return { ok: false, diagnostics: [{ ...fault.toDiagnostic(), range: use.range }] };
    }
  }

  #import({ specifier, baseFolder }: PluginUse): Promise<unknown> {
    return this.importModule(specifier, baseFolder);
  }
}

function definitionOf(module: unknown, specifier: string): PluginDefinition {
  const exported = (module as { readonly default?: unknown }).default;
  if (isPluginDefinition(exported)) return exported;
  const found = exported === undefined ? 'it has no default export' : 'its default export is something else';
  throw coreError('PLUGIN_INVALID', `"${specifier}" is not a plugin: ${found}.`);
}

function checkApiVersion({ name, api }: PluginDefinition): void {
  if (validRange(api) === null) {
    throw coreError('PLUGIN_API_UNSUPPORTED', `${name} says it works with "${api}", which is no range of versions.`);
  }
  if (!satisfies(pluginApiVersion, api)) {
    throw coreError(
      'PLUGIN_API_UNSUPPORTED',
      `${name} works with version ${api} of the plugin contract; this engine has ${pluginApiVersion}.`,
    );
  }
}

function importFailed(specifier: string, error: unknown): DeviceError {
  const reason = error instanceof Error ? error.message : String(error);
  return coreError('PLUGIN_IMPORT_FAILED', `"${specifier}" failed while it was loaded: ${reason}`, { cause: error });
}
