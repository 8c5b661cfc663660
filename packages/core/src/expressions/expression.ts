import type { Diagnostic, SourceRange } from '../diagnostics/diagnostic.js';
import type { ValueType } from '../schemas/value-type.js';

/** The names an expression may read, with their types. */
export type Variables = Readonly<Record<string, ValueType>>;

/** The values behind the names; values of streams are as the stream emitted them. */
export type Bindings = Readonly<Record<string, unknown>>;

/**
 * Expression text as it stands in the user's file. `rangeOf` maps offsets of the text to the file, through block scalars,
 * escapes and quotes.
 */
export interface SourceText {
  readonly text: string;
  rangeOf(start: number, end: number): SourceRange;
}

export interface Expression {
  readonly source: SourceText;
  readonly type: ValueType;
  /** The root names it reads, such as `ntp` or `event`. */
  readonly dependencies: ReadonlySet<string>;
  /** @throws DeviceError `EXPRESSION_FAILED`, such as a missing key: a third value, never silently false */
  evaluate(bindings: Bindings): unknown;
}

/** One expression inside of a larger one with its value, for "why did it not fire". */
export interface SubExpressionValue {
  readonly text: string;
  readonly value: unknown;
  readonly error?: string;
}

export type Compilation<Result> =
  { readonly ok: true; readonly value: Result } | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** A value with `${{ }}` in it, at any depth. A string that is one `${{ }}` and nothing else keeps the type of its expression. */
export interface Template {
  readonly type: ValueType;
  readonly dependencies: ReadonlySet<string>;
  /** @throws DeviceError `EXPRESSION_FAILED` */
  evaluate(bindings: Bindings): unknown;
}

/** The port to the expression language (CEL); the library behind it can change. */
export abstract class ExpressionCompiler {
  /** Parses and checks a bare expression; `expected` is the type its value must have. */
  abstract compile(source: SourceText, variables: Variables, expected?: ValueType): Compilation<Expression>;

  /** Compiles one scalar that may hold `${{ }}`; undefined when it holds none and is a plain text. */
  abstract compileTemplate(source: SourceText, variables: Variables): Compilation<Template> | undefined;

  /** The values of the sub-expressions of a condition, outermost first. */
  abstract explain(expression: Expression, bindings: Bindings): readonly SubExpressionValue[];
}
