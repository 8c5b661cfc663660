import type { ASTNode } from '@marcbachmann/cel-js';
import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { DeviceError } from '../diagnostics/device-error.js';
import type { CoreErrorCode } from '../diagnostics/core-errors.js';
import type { ValueType } from '../schemas/value-type.js';
import type { Bindings, Variables } from './expression.js';
import type { Span } from './span.js';
import type { WorkBudget } from './work-budget.js';

/** What `.?` gives: a value that may be missing, which is undefined at run time, until `orValue` settles it. */
export interface OptionalType {
  readonly kind: 'optional';
  readonly value: ValueType;
}

export type TermType = ValueType | OptionalType;

/** A checked piece of an expression, ready to run. */
export interface Term {
  readonly type: TermType;
  evaluate(bindings: Bindings): unknown;
}

/** A variable of a macro; the running macro puts the element at hand into it. */
export interface LocalVariable {
  readonly type: ValueType;
  value: unknown;
}

/** What a piece of an expression may rely on at its place. */
export interface Scope {
  readonly variables: Variables;
  readonly locals: ReadonlyMap<string, LocalVariable>;
  /** Optional fields, as dotted paths, that `has()` has proven to be there. */
  readonly present: ReadonlySet<string>;
  readonly macroDepth: number;
}

/** The walk over one expression, as operators, calls and macros see it. */
export interface TermContext {
  /** Where terms count the work that grows with their data. */
  readonly budget: WorkBudget;
  /** How many parts of the expression have been compiled up to now. */
  readonly size: number;
  compile(node: ASTNode, scope: Scope): Term;
  /** Compiles a part that must have a settled value, and so reports a bare optional. */
  compileValue(node: ASTNode, scope: Scope): Term & { readonly type: ValueType };
  /** Reports a finding at the node; the term that is returned lets the check of the rest go on. */
  reject(code: CoreErrorCode, at: Span, message: string, remedy?: string): Term & { readonly type: ValueType };
  fault(at: Span, message: string): DeviceError;
  rangeOf(at: Span): SourceRange;
}

export const booleanType: ValueType = { kind: 'boolean' };
export const numberType: ValueType = { kind: 'number' };
export const stringType: ValueType = { kind: 'string' };
export const durationType: ValueType = { kind: 'duration' };
export const timestampType: ValueType = { kind: 'timestamp' };
export const dynamicType: ValueType = { kind: 'dynamic' };
