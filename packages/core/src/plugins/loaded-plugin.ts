import { coreDiagnostic, type CoreErrorCode } from '../diagnostics/core-errors.js';
import type { Diagnostic, SourceRange } from '../diagnostics/diagnostic.js';
import type { PluginDefinition } from './plugin.js';
import type { Registry } from './registry.js';

/** A plugin that was found good; nothing of it has run but its module. */
export interface LoadedPlugin {
  readonly definition: PluginDefinition;
  /** Parsed by the plugin's own schema. */
  readonly options: unknown;
  /** Where the user's file asks for it; left out for the core's own. */
  readonly range?: SourceRange;
}

export interface LoadedPlugins {
  readonly registry: Registry;
  /** Each after those it depends on. */
  readonly plugins: readonly LoadedPlugin[];
}

/** A finding about a plugin, at the place in the user's file that asks for it. */
export function pluginDiagnostic({ range }: LoadedPlugin, code: CoreErrorCode, message: string): Diagnostic {
  return coreDiagnostic(code, message, range && { range });
}
