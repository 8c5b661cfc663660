import { actionDescriptionOf, type ActionDescription } from '../actions/action.js';
import { powerControlDescriptionOf, type PowerControlDescription } from '../actions/power-control.js';
import type { Requirement } from '../host/requirement.js';
import { jsonSchemaOf, valueTypeOf, type z } from '../schemas/schema.js';
import type { ValueType } from '../schemas/value-type.js';
import { streamDescriptionOf, type StreamDescription } from '../streams/stream.js';
import type { PluginDefinition } from './plugin.js';

interface PropertySchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/** The reference page in Markdown, written from the schemas: every stream and action of the plugins with its fields. */
export function pluginReference(plugins: readonly PluginDefinition[]): string {
  return [
    '# Streams and actions',
    'Generated from the schemas by `npm run docs`. A field marked `?` may be left out, or may be missing.',
    ...plugins.flatMap(pluginSection),
  ].join('\n\n');
}

function pluginSection({ name, options, streams = [], actions = [], powerControls = [] }: PluginDefinition): string[] {
  return [
    `## ${name}`,
    ...(options ? ['Options of the plugin (`with:` beside `use:`):', inputTable(options)] : []),
    ...streams.flatMap((stream) => streamSection(streamDescriptionOf(stream)!)),
    ...actions.flatMap((action) => actionSection(actionDescriptionOf(action)!)),
    ...powerControls.flatMap((control) => powerControlSection(powerControlDescriptionOf(control)!)),
  ];
}

function powerControlSection({ name, summary, rank, requires }: PowerControlDescription): string[] {
  return [`### Power control \`${name}\``, `${summary} Rank ${rank}.`, ...requirementLines(requires)];
}

function streamSection({ name, kind, summary, parameters, match, value, requires }: StreamDescription): string[] {
  return [
    `### \`${name}\` (${kind})`,
    summary,
    ...(parameters ? ['Parameters:', inputTable(parameters)] : []),
    ...(match ? ['Match fields, compared by equality:', inputTable(match)] : []),
    kind === 'state' ? 'State:' : 'Event:',
    typeof value === 'function' ? 'The fields are those that the parameters name.' : valueTable(valueTypeOf(value)),
    ...requirementLines(requires),
  ].filter((text) => text !== '');
}

function actionSection(description: ActionDescription): string[] {
  const { name, summary, effects, holds, input, output, requires, carriedOutBy } = description;
  return [
    `### \`${name}\``,
    summary,
    ...(effects.length > 0 ? [`Effects: ${effects.map((effect) => `\`${effect}\``).join(', ')}.`] : []),
    ...(holds ? ['A rule may hold it: `hold` beside `while`.'] : []),
    ...(carriedOutBy ? ['Carried out by the power controls of the plugins in use, the lowest rank first.'] : []),
    'Input:',
    inputTable(input),
    ...(output ? ['Output:', valueTable(valueTypeOf(output))] : []),
    ...requirementLines(requires),
  ].filter((text) => text !== '');
}

function requirementLines(requires: readonly Requirement[] = []): string[] {
  return requires.map(({ summary, compose }) => `Needs: ${summary}\n\n\`\`\`yaml\n${compose.trimEnd()}\n\`\`\``);
}

function inputTable(schema: z.ZodType): string {
  const { properties = {}, required = [] } = jsonSchemaOf(schema) as {
    properties?: Record<string, PropertySchema>;
    required?: readonly string[];
  };
  return table(
    Object.entries(properties).map(([field, property]) => [
      `\`${field}\`${required.includes(field) ? '' : '?'}`,
      describeProperty(property),
      [property.description, property.default !== undefined && `Default \`${JSON.stringify(property.default)}\`.`]
        .filter(Boolean)
        .join(' '),
    ]),
  );
}

function describeProperty({ type, enum: choices, const: constant, examples }: PropertySchema): string {
  if (constant !== undefined) return `\`${JSON.stringify(constant)}\``;
  if (choices) return choices.map((choice) => `\`${JSON.stringify(choice)}\``).join(', ');
  const text = type === undefined ? 'any' : [type].flat().join(' or ');
  return examples ? `${text}, such as \`${String(examples[0])}\`` : text;
}

function valueTable(type: ValueType): string {
  if (type.kind !== 'object') return `A ${describeType(type)}.`;
  return table(
    Object.entries(type.fields).flatMap(([field, { type: fieldType, optional, description = '' }]) => [
      [`\`${field}\`${optional ? '?' : ''}`, describeType(fieldType), description],
      ...(fieldType.kind === 'object'
        ? Object.entries(fieldType.fields).map(
            ([inner, { type: innerType, optional: missing, description: text = '' }]) => [
              `\`${field}.${inner}\`${missing ? '?' : ''}`,
              describeType(innerType),
              text,
            ],
          )
        : []),
    ]),
  );
}

function describeType(type: ValueType): string {
  switch (type.kind) {
    case 'list':
      return `list of ${describeType(type.element)}`;
    case 'map':
      return `map of ${describeType(type.value)}`;
    case 'dynamic':
      return 'any';
    default:
      return type.kind;
  }
}

function table(rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'Nothing.';
  const cells = (row: readonly string[]): string => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [cells(['field', 'type', 'meaning']), cells(['---', '---', '---']), ...rows.map(cells)].join('\n');
}
