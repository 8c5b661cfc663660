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

/** Under which key of its definition a schema keeps the one that it stands around, by its kind. */
const innerSchemas: Readonly<Record<string, string>> = {
  array: 'element',
  record: 'valueType',
  pipe: 'in',
  optional: 'innerType',
  nonoptional: 'innerType',
  nullable: 'innerType',
  default: 'innerType',
  prefault: 'innerType',
  readonly: 'innerType',
  catch: 'innerType',
};

/**
 * A misspelt option must not be dropped silently, so a mapping that does not say what to do with other keys rejects them, at
 * any depth.
 */
function withoutUnknownKeys(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodObject) return strictObject(schema);
  const definition = schema.def as z.core.$ZodTypeDef & Record<string, unknown>;
  if (definition.type === 'union') {
    const options = (definition['options'] as z.ZodType[]).map(withoutUnknownKeys);
    return schema.clone({ ...definition, options } as typeof definition);
  }
  const inner = innerSchemas[definition.type];
  if (inner === undefined) return schema;
  return schema.clone({ ...definition, [inner]: withoutUnknownKeys(definition[inner] as z.ZodType) });
}

/** The fields are not looked at before they are needed: they may hold the object again. */
function strictObject(schema: z.ZodObject): z.ZodType {
  let shape: z.ZodRawShape | undefined;
  return schema.clone({
    ...schema.def,
    catchall: schema.def.catchall ?? z.never(),
    get shape() {
      const fields = Object.entries(schema.shape as Record<string, z.ZodType>);
      return (shape ??= Object.fromEntries(fields.map(([key, field]) => [key, withoutUnknownKeys(field)])));
    },
  });
}
