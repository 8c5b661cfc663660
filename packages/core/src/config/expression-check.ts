import type {
  Compilation,
  Expression,
  ExpressionCompiler,
  SourceText,
  Template,
  Variables,
} from '../expressions/expression.js';
import type { ValueType } from '../schemas/value-type.js';
import type { Findings } from './findings.js';
import { reportType } from './fields.js';
import type { Scope } from './scope.js';
import type { Secrets } from './secrets.js';
import type { SourceNode } from './source-node.js';

const booleanType: ValueType = { kind: 'boolean' };

const stringLiteral = /"""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;
const rootName = /(?<![\w.])[A-Za-z_]\w*/g;
const secretName = /(?<![\w.])secrets\s*(?:\.\s*([A-Za-z_]\w*)|\[\s*(["'])([^"']*)\2\s*\])/g;
const interpolation = /\$\{\{([^]*?)\}\}/g;

/** Compiles expressions in their scope, reports what is wrong with them, and remembers the names they read. */
export class ExpressionCheck {
  /** Root names that were read since the last {@link takeNames}. */
  #names = new Set<string>();

  constructor(
    private readonly compiler: ExpressionCompiler,
    readonly secrets: Secrets,
    readonly findings: Findings,
  ) {}

  takeNames(): ReadonlySet<string> {
    const names = this.#names;
    this.#names = new Set();
    return names;
  }

  /** A bare expression that must be true or false. */
  condition(node: SourceNode | undefined, title: string, scope: Scope): Expression | undefined {
    return this.expression(node, title, scope, booleanType);
  }

  expression(node: SourceNode | undefined, title: string, scope: Scope, expected?: ValueType): Expression | undefined {
    if (!node) return undefined;
    if (node.kind !== 'scalar' || typeof node.value === 'number') {
      const isTemplateWithoutQuotes = node.kind === 'mapping';
      reportType(
        this.findings,
        title,
        'a CEL expression',
        node,
        isTemplateWithoutQuotes ? 'Put the expression in quotes, without ${{ }}.' : undefined,
      );
      return undefined;
    }
    if (!this.prepare(node.source, 0, node.source.text.length, scope)) return undefined;
    return this.settle(this.compiler.compile(node.source, this.variables(scope), expected));
  }

  /** @returns undefined for a plain text; `failed` when it was reported */
  template(source: SourceText, scope: Scope): Template | 'failed' | undefined {
    const parts = [...source.text.matchAll(interpolation)];
    const ready = parts.map((part) => this.prepare(source, part.index + 3, part.index + 3 + part[1]!.length, scope));
    if (ready.includes(false)) return 'failed';
    const compilation = this.compiler.compileTemplate(source, this.variables(scope));
    return compilation && (this.settle(compilation) ?? 'failed');
  }

  private variables(scope: Scope): Variables {
    return scope.unavailable.has('secrets') ? scope.variables : { ...scope.variables, secrets: this.secrets.type };
  }

  private settle<Result extends Expression | Template>(compilation: Compilation<Result>): Result | undefined {
    if (!compilation.ok) {
      this.findings.add(compilation.diagnostics);
      return undefined;
    }
    for (const name of compilation.value.dependencies) this.#names.add(name);
    return compilation.value;
  }

  /** Looks up the secrets, and explains names that have no value here better than the compiler could. */
  private prepare(source: SourceText, start: number, end: number, scope: Scope): boolean {
    const text = source.text.slice(start, end);
    for (const match of text.matchAll(secretName)) {
      const range = source.rangeOf(start + match.index, start + match.index + match[0].length);
      if (!scope.unavailable.has('secrets')) this.secrets.require(match[1] ?? match[3]!, range);
    }
    const reported = new Set<string>();
    for (const match of text.replaceAll(stringLiteral, (literal) => ' '.repeat(literal.length)).matchAll(rootName)) {
      const reason = scope.whyNot(match[0]);
      if (reason === undefined || reported.has(match[0])) continue;
      reported.add(match[0]);
      const range = source.rangeOf(start + match.index, start + match.index + match[0].length);
      this.findings.error('NAME_UNAVAILABLE', `"${match[0]}" has no value here: ${reason}`, range);
    }
    return reported.size === 0;
  }
}
