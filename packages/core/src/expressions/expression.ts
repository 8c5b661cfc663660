import type { Diagnostic, SourceRange } from '../diagnostics/diagnostic.js';
import type { FieldPath } from '../schemas/field-set.js';
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

/** What is read by something that is evaluated. */
export interface Reads {
  /** The root names, such as `ntp` or `event`. */
  readonly dependencies: ReadonlySet<string>;
  /** The fields, each with its root name first: `['ntp', 'NTP']`. One that is used as a whole stands for all that is in it. */
  readonly reads: readonly FieldPath[];
}

export interface Expression extends Reads {
  readonly source: SourceText;
  readonly type: ValueType;
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
export interface Template extends Reads {
  readonly type: ValueType;
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
