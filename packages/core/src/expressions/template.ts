import { coreDiagnostic, coreError } from '../diagnostics/core-errors.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Bindings, Compilation, Expression, SourceText, Template } from './expression.js';
import type { FieldPath } from '../schemas/field-set.js';
import { textOf } from './functions.js';
import { namesOf } from './presence.js';
import { sliceSource } from './source-text.js';
import { endOfExpression } from './scanner.js';
import { stringType } from './term.js';
import { kindOf } from './type-relations.js';
import { walkWork } from './work.js';
import type { WorkBudget } from './work-budget.js';

const opening = '${{';
const escapedOpening = '$${{';

/** An expression that can stand among text. */
export interface TextExpression extends Expression {
  /** Evaluates it and writes its value out, within one budget of work. */
  write(bindings: Bindings): string;
}

type Piece = string | TextExpression;

/**
 * A scalar with `${{ }}` in it. Alone (a line break at the end does not count), an expression keeps its type; among text
 * its value is written out: durations as `10m`, points in time as RFC 3339, lists and maps as JSON. Null fails: an empty
 * text would hide the mistake. `$${{` stands for the characters `${{`.
 */
export function compileTemplate(
  source: SourceText,
  compile: (expression: SourceText) => Compilation<TextExpression>,
): Compilation<Template> | undefined {
  const { text } = source;
  if (!text.includes(opening)) return undefined;
  const pieces: Piece[] = [];
  const diagnostics: Diagnostic[] = [];
  let rest = 0;
  for (let at = text.indexOf(opening); at >= 0; at = text.indexOf(opening, rest)) {
    if (text.startsWith(escapedOpening, at - 1) && at > rest) {
      pieces.push(text.slice(rest, at - 1) + opening);
      rest = at + opening.length;
      continue;
    }
    const start = at + opening.length;
    const end = endOfExpression(text, start);
    if (end === undefined) {
      const range = source.rangeOf(at, text.length);
      diagnostics.push(coreDiagnostic('TEMPLATE_UNTERMINATED', 'This "${{" has no "}}".', { range }));
      break;
    }
    const compiled = compile(sliceSource(source, start, end));
    if (at > rest) pieces.push(text.slice(rest, at));
    if (compiled.ok) pieces.push(compiled.value);
    else diagnostics.push(...compiled.diagnostics);
    rest = end + '}}'.length;
  }
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  const tail = text.slice(rest);
  const [only] = pieces;
  if (pieces.length === 1 && typeof only === 'object' && /^\n*$/.test(tail)) return { ok: true, value: only };
  return { ok: true, value: new TextTemplate([...pieces, tail]) };
}

class TextTemplate implements Template {
  readonly type = stringType;
  readonly reads: readonly FieldPath[];
  readonly dependencies: ReadonlySet<string>;

  constructor(private readonly pieces: readonly Piece[]) {
    this.reads = pieces.flatMap((piece) => (typeof piece === 'string' ? [] : piece.reads));
    this.dependencies = namesOf(this.reads);
  }

  evaluate(bindings: Bindings): string {
    return this.pieces.map((piece) => (typeof piece === 'string' ? piece : piece.write(bindings))).join('');
  }
}

/** @throws DeviceError `EXPRESSION_FAILED`, `EXPRESSION_TOO_MUCH_WORK` */
export function writtenText(value: unknown, source: SourceText, budget: WorkBudget): string {
  const whole = { start: 0, end: source.text.length };
  budget.spend(walkWork(value, budget.left), whole);
  switch (kindOf(value)) {
    case 'list':
    case 'map':
      return JSON.stringify(value);
    case 'null':
    case undefined:
      throw coreError('EXPRESSION_FAILED', 'The value is null, which has no text.', {
        range: source.rangeOf(whole.start, whole.end),
        remedy: 'Say what to write instead, such as `x == null ? "none" : x`.',
      });
    default:
      return textOf(value as Parameters<typeof textOf>[0]);
  }
}
