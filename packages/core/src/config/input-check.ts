import type { SourceRange } from '../diagnostics/diagnostic.js';
import { didYouMean } from '../diagnostics/suggestion.js';
import type { Bindings, Template } from '../expressions/expression.js';
import type { FieldPath } from '../schemas/field-set.js';
import { valueTypeOf, type z } from '../schemas/schema.js';
import type { ValueType } from '../schemas/value-type.js';
import type { ExpressionCheck } from './expression-check.js';
import { firstLine } from './fields.js';
import type { Findings } from './findings.js';
import { reportIssues, type Path } from './schema-issues.js';
import { partOf, shapeOf } from './schema-shape.js';
import type { Scope } from './scope.js';
import type { MappingNode, ScalarNode, SourceNode } from './source-node.js';
import { describeType, fits } from './type-fit.js';

/** A value of the file: constant, an expression, or made of both. */
type Part =
  | { readonly kind: 'constant'; readonly value: unknown }
  | { readonly kind: 'template'; readonly template: Template }
  | { readonly kind: 'list'; readonly items: readonly Part[] }
  | { readonly kind: 'mapping'; readonly entries: readonly (readonly [string, Part])[] };

export interface CheckedInput {
  readonly template: Template;
  /** False when a fault was reported. */
  readonly ok: boolean;
}

/** Checks values with `${{ }}` at any depth against a schema. */
export class InputCheck {
  readonly #templated: Path[] = [];
  readonly #dependencies = new Set<string>();
  readonly #reads: FieldPath[] = [];
  readonly #findings: Findings;

  private constructor(
    private readonly expressions: ExpressionCheck,
    private readonly scope: Scope,
    /** What the value belongs to, in the words of a user: `the action "log"`. */
    private readonly owner: string,
  ) {
    this.#findings = expressions.findings;
  }

  /**
   * @param node the value; undefined stands for an empty mapping
   * @param place where to report what is missing
   */
  static check(
    node: SourceNode | undefined,
    schema: z.ZodType,
    {
      expressions,
      scope,
      owner,
      place,
    }: { expressions: ExpressionCheck; scope: Scope; owner: string; place: SourceRange },
  ): CheckedInput {
    const before = expressions.findings.diagnostics.length;
    const check = new InputCheck(expressions, scope, owner);
    const input = node ?? emptyMapping(place);
    const part = check.read(input, schema, []);
    const parsed = schema.safeParse(constantOf(part));
    if (!parsed.success) {
      reportIssues(parsed.error.issues, {
        node: input,
        owner,
        place: firstLine(place),
        templated: check.#templated,
        findings: check.#findings,
      });
    }
    return { template: check.template(part, schema), ok: expressions.findings.diagnostics.length === before };
  }

  private template(part: Part, schema: z.ZodType): Template {
    if (part.kind === 'template') return part.template;
    return {
      type: valueTypeOf(schema),
      dependencies: this.#dependencies,
      reads: this.#reads,
      evaluate: (bindings) => evaluate(part, bindings),
    };
  }

  private read(node: SourceNode, schema: z.ZodType | undefined, path: Path): Part {
    if (node.kind === 'scalar') return this.readScalar(node, schema, path);
    if (node.kind === 'sequence') {
      const element = schema && partOf(schema, 0);
      return { kind: 'list', items: node.items.map((item, index) => this.read(item, element, [...path, index])) };
    }
    this.reportUnknownFields(node, schema);
    const entries = node.entries.map(
      ({ key, value }) => [key, this.read(value, schema && partOf(schema, key), [...path, key])] as const,
    );
    return { kind: 'mapping', entries };
  }

  private readScalar(node: ScalarNode, schema: z.ZodType | undefined, path: Path): Part {
    const constant: Part = { kind: 'constant', value: node.value };
    if (typeof node.value !== 'string') return constant;
    const template = this.expressions.template(node.source, this.scope);
    if (template === undefined) return constant;
    this.#templated.push(path);
    if (template === 'failed') return constant;
    for (const name of template.dependencies) this.#dependencies.add(name);
    this.#reads.push(...template.reads);
    if (schema) this.checkType(node, template.type, schema, path);
    return { kind: 'template', template };
  }

  private checkType(node: ScalarNode, given: ValueType, schema: z.ZodType, path: Path): void {
    if (fits(given, schema)) return;
    const field = path.length > 0 ? `"${path.join('.')}" of ${this.owner}` : this.owner;
    const remedy = valueTypeOf(schema).kind === 'string' ? 'Turn it into a text with string(…).' : undefined;
    const wanted = describeType(valueTypeOf(schema));
    this.#findings.error(
      'FIELD_INVALID',
      `The expression gives ${describeType(given)}, but ${field} takes ${wanted}.`,
      node.range,
      remedy,
    );
  }

  private reportUnknownFields(node: MappingNode, schema: z.ZodType | undefined): void {
    const shape = schema && shapeOf(schema);
    if (!shape || shape.open) return;
    for (const { key, keyRange } of node.entries) {
      if (!shape.fields.has(key)) reportUnknownField(this.#findings, key, keyRange, this.owner, shape.fields.keys());
    }
  }
}

export function reportUnknownField(
  findings: Findings,
  key: string,
  range: SourceRange,
  owner: string,
  known: Iterable<string>,
): void {
  const fields = [...known];
  const suggestion = didYouMean(key, fields);
  const hint =
    suggestion !== undefined
      ? `Did you mean "${suggestion}"?`
      : fields.length > 0
        ? `Known are: ${fields.join(', ')}.`
        : 'It has no fields at all.';
  findings.error('FIELD_UNKNOWN', `"${key}" is not a field of ${owner}. ${hint}`, range);
}

function emptyMapping(range: SourceRange): MappingNode {
  return { kind: 'mapping', entries: [], range };
}

/** The value with its expressions left as they are written: what can be judged before anything runs. */
function constantOf(part: Part): unknown {
  switch (part.kind) {
    case 'constant':
      return part.value;
    case 'template':
      return '';
    case 'list':
      return part.items.map(constantOf);
    case 'mapping':
      return Object.fromEntries(part.entries.map(([key, value]) => [key, constantOf(value)]));
  }
}

function evaluate(part: Part, bindings: Bindings): unknown {
  switch (part.kind) {
    case 'constant':
      return part.value;
    case 'template':
      return part.template.evaluate(bindings);
    case 'list':
      return part.items.map((item) => evaluate(item, bindings));
    case 'mapping':
      return Object.fromEntries(part.entries.map(([key, value]) => [key, evaluate(value, bindings)]));
  }
}
