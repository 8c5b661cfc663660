import { coreDiagnostic, coreErrorTable } from '../diagnostics/core-errors.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { LoadedPlugin } from './loaded-plugin.js';

const theCore = 'the core';

/** A code stands for one error, whoever brings it: one that is in use already is added to `diagnostics`. */
export function checkErrorCodes(plugins: readonly LoadedPlugin[], diagnostics: Diagnostic[]): void {
  const owners = new Map<string, string>(Object.keys(coreErrorTable).map((code) => [code, theCore]));
  for (const { definition, range } of plugins) {
    for (const code of Object.keys(definition.errors ?? {})) {
      const owner = owners.get(code);
      if (owner === undefined) owners.set(code, definition.name);
      else {
        const message = `Both ${owner} and ${definition.name} bring the error code "${code}".`;
        const remedy = `The plugin ${definition.name} has to be mended: begin its codes with a word of its own.`;
        const details = { ...(range && { range }), ...(owner === theCore && { remedy }) };
        diagnostics.push(coreDiagnostic('PLUGIN_NAME_TAKEN', message, details));
      }
    }
  }
}
