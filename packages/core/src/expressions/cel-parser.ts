import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { coreDiagnostic } from '../diagnostics/core-errors.js';
import type { Compilation, SourceText } from './expression.js';

/** Enough for any condition that a reader can follow; a device must not be busy with one. */
const limits = { maxAstNodes: 1000, maxDepth: 50, maxListElements: 500, maxMapEntries: 500, maxCallArguments: 16 };

/** In UTF-16 units. What looks at the text, such as a search for parentheses, is then quick. */
const maximumLength = 16_384;

const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true, limits });

/** What the parser throws; its classes are not exported as values. */
interface ParserError {
  readonly code: string;
  readonly summary: string;
  readonly range?: { readonly start: number; readonly end: number };
}

/** The syntax tree of the source, or the first error in it with its place. */
export function parseCel(source: SourceText): Compilation<ASTNode> {
  const { length } = source.text;
  if (length > maximumLength) {
    return tooComplex(source, `It has ${length} characters, and may have ${maximumLength}`, [0, 0]);
  }
  try {
    return { ok: true, value: environment.parse(source.text).ast };
  } catch (error) {
    // Operators before a value, as in `!!!!x`, have no bound in the parser but the end of the stack.
    if (error instanceof RangeError) return tooComplex(source, 'It is nested too deeply', [0, length]);
    const { code, summary, range } = error as ParserError;
    const start = Math.min(range?.start ?? 0, length);
    const end = Math.min(Math.max(range?.end ?? start, start), length);
    if (code === 'limit_exceeded') return tooComplex(source, summary, [start, end]);
    const details = { range: source.rangeOf(start, end), ...remedyOf(source.text, start) };
    return { ok: false, diagnostics: [coreDiagnostic('EXPRESSION_SYNTAX', `${inPlainWords(summary)}.`, details)] };
  }
}

function tooComplex(source: SourceText, why: string, [start, end]: readonly [number, number]): Compilation<never> {
  const range = source.rangeOf(start, end);
  const message = `The expression is too large: ${why}.`;
  return { ok: false, diagnostics: [coreDiagnostic('EXPRESSION_TOO_COMPLEX', message, { range })] };
}

/** What other languages write, as it stands at the place of the error. */
const slips: readonly (readonly [RegExp, string])[] = [
  [/\$\{\{/y, 'Write the expression without `${{` and `}}` here.'],
  [/=(?!=)/y, 'Write `==` to compare.'],
  [/and\b/y, 'Write `&&` for "and".'],
  [/or\b/y, 'Write `||` for "or".'],
  [/(?<=\bnot\s+)/y, 'Write `!` for "not", and the whole in quotes.'],
  [/(?<=\d)(?:ms|[smhd])\b/y, "Write a duration as duration('10m')."],
];

function remedyOf(text: string, place: number): { remedy: string } | undefined {
  const slip = slips.find(([form]) => {
    form.lastIndex = place;
    return form.test(text);
  });
  return slip && { remedy: slip[1] };
}

function inPlainWords(summary: string): string {
  return summary.replace('Unexpected token: EOF', 'The expression ends too early').replace(/\bEOF\b/, 'the end');
}
