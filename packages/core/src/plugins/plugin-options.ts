import { coreDiagnostic } from '../diagnostics/core-errors.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggestion.js';
import type { Compilation } from '../expressions/expression.js';
import { z } from '../schemas/schema.js';
import type { PluginDefinition } from './plugin.js';
import type { PluginUse } from './plugin-use.js';

/** Checks `with` by the plugin's own schema; each finding stands at its place in the user's file. */
export function parsePluginOptions({ name, options }: PluginDefinition, use: PluginUse): Compilation<unknown> {
  const schema = options ? withoutUnknownKeys(options) : z.strictObject({});
  const parsed = schema.safeParse(use.options ?? {});
  if (parsed.success) return { ok: true, value: parsed.data };
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return { ok: false, diagnostics: parsed.error.issues.flatMap((issue) => findings(name, issue, use, known)) };
}

function findings(name: string, issue: z.core.$ZodIssue, use: PluginUse, known: readonly string[]): Diagnostic[] {
  const path = issue.path.filter((segment) => typeof segment !== 'symbol');
  if (issue.code !== 'unrecognized_keys') {
    const field = path.length > 0 ? `"${path.join('.')}" of ` : '';
    const message = `The option ${field}${name} is not valid: ${issue.message}.`;
    return [coreDiagnostic('PLUGIN_OPTION_INVALID', message, { range: use.optionRange(path) })];
  }
  return issue.keys.map((key) => {
    const suggestion = path.length === 0 ? didYouMean(key, known) : undefined;
    const message = `${name} has no option "${[...path, key].join('.')}".`;
    return coreDiagnostic('PLUGIN_OPTION_INVALID', message, {
      range: use.optionRange([...path, key]),
      ...(suggestion !== undefined && { remedy: `Did you mean "${suggestion}"?` }),
    });
  });
}

/** A misspelt option must not be dropped silently, so a schema that does not say what to do with others refuses them. */
function withoutUnknownKeys(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema;
}
