import type { ASTNode } from '@marcbachmann/cel-js';
import { coreError } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import { didYouMean } from '../diagnostics/suggestion.js';
import type { ValueType } from '../schemas/value-type.js';
import { compileHas } from './access.js';
import { functions, type FunctionDefinition } from './functions.js';
import { compileMacro, isMacro } from './macros.js';
import { matchWork, patternOf } from './regular-expression.js';
import type { Span } from './span.js';
import { booleanType, type OptionalType, type Scope, type Term, type TermContext } from './term.js';
import { describeType, kindOf, kindOfType, unify } from './type-relations.js';

type CallNode = Extract<ASTNode, { op: 'call' }>;
type MethodNode = Extract<ASTNode, { op: 'rcall' }>;
type ValueTerm = Term & { readonly type: ValueType };

/** To choose the function by the values, besides what it does. */
const stepsPerCall = 20;

/** `size(list)`, `duration('10m')`, `has(event.label)`. */
export function compileCall(context: TermContext, node: CallNode, scope: Scope): Term {
  const [name, parts] = node.args;
  if (name === 'has' && parts.length === 1) return compileHas(context, parts[0]!, scope);
  return compileFunction(context, node, name, parts, { method: false, scope });
}

/** `text.startsWith('a')`, `list.exists(element, …)`, `event.?label.orValue('none')`. */
export function compileMethod(context: TermContext, node: MethodNode, scope: Scope): Term {
  const [name, receiver, parts] = node.args;
  if (isMacro(name, parts.length)) return compileMacro(context, [name, receiver, parts], node, scope);
  if (optionalMethods.has(name)) return compileOptionalMethod(context, node, scope);
  return compileFunction(context, node, name, [receiver, ...parts], { method: true, scope });
}

function compileFunction(
  context: TermContext,
  at: Span,
  name: string,
  parts: readonly ASTNode[],
  { method, scope }: { readonly method: boolean; readonly scope: Scope },
): Term {
  const values = parts.map((part) => context.compileValue(part, scope));
  const named = functions.filter((candidate) => candidate.name === name && candidate.method === method);
  if (named.length === 0) return unknownFunction(context, at, name, method);
  const types = values.map((value) => value.type);
  const candidates = named.filter((candidate) => accepts(candidate, types.map(kindOfType)));
  if (candidates.length === 0) {
    const given = types.map(describeType).join(', ');
    return context.reject(
      'EXPRESSION_TYPE',
      at,
      `${name}() does not take (${given}).`,
      `It takes ${named.map(signatureOf).join(' or ')}.`,
    );
  }
  const constant = foldConstant(context, at, candidates[0]!, parts);
  return constant ?? callTerm(context, at, withWrittenPattern(candidates, parts), values);
}

function callTerm(
  context: TermContext,
  at: Span,
  candidates: readonly FunctionDefinition[],
  values: readonly ValueTerm[],
): Term {
  const [first, ...others] = candidates;
  return {
    type: others.every((other) => other.result.kind === first!.result.kind) ? first!.result : { kind: 'dynamic' },
    evaluate: (bindings) => {
      const given = values.map((value) => value.evaluate(bindings));
      const kinds = given.map(kindOf);
      const chosen = candidates.find((candidate) => accepts(candidate, kinds));
      if (!chosen) throw context.fault(at, `${first!.name}() does not take (${kinds.join(', ')}).`);
      return located(context, at, () => {
        const work = chosen.work?.(context.budget.left, ...(given as never[])) ?? 0;
        context.budget.spend(stepsPerCall + work, at);
        return chosen.run(...(given as never[]));
      });
    },
  };
}

/** Calls on literals are run when the file is loaded: a malformed duration or pattern is found there, and costs nothing later. */
function foldConstant(
  context: TermContext,
  at: Span,
  chosen: FunctionDefinition,
  parts: readonly ASTNode[],
): Term | undefined {
  const literals = parts.map(writtenText);
  try {
    const pattern = literals[1];
    if (chosen.name === 'matches' && pattern !== undefined) patternOf(pattern);
    if (literals.length !== 1 || literals[0] === undefined || chosen.name === 'dyn') return undefined;
    const value = (chosen.run as (literal: string) => unknown)(literals[0]);
    return { type: chosen.result, evaluate: () => value };
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    const code =
      error.code === 'EXPRESSION_PATTERN' || error.code === 'DURATION_MALFORMED' ? error.code : 'EXPRESSION_TYPE';
    return context.reject(code, parts.at(-1) ?? at, error.message, error.remedy);
  }
}

/** A pattern that is written out is compiled when the file is loaded. */
function withWrittenPattern(
  candidates: readonly FunctionDefinition[],
  parts: readonly ASTNode[],
): readonly FunctionDefinition[] {
  const [first] = candidates;
  const pattern = parts[1] && writtenText(parts[1]);
  if (first?.name !== 'matches' || pattern === undefined) return candidates;
  const compiled = patternOf(pattern);
  const run = (text: string): boolean => compiled.matcher(text).find();
  return [{ ...first, run, work: (_bound: number, text: string) => matchWork(compiled, text) }];
}

function writtenText(part: ASTNode): string | undefined {
  return part.op === 'value' && typeof part.args === 'string' ? part.args : undefined;
}

function located<Result>(context: TermContext, at: Span, run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof Error) || (cause instanceof DeviceError && cause.range)) throw cause;
    throw coreError('EXPRESSION_FAILED', cause.message, { range: context.rangeOf(at), cause });
  }
}

/** Whether each kind fits; an undefined one is not known before the run. */
function accepts(candidate: FunctionDefinition, kinds: readonly ReturnType<typeof kindOf>[]): boolean {
  return (
    candidate.parameters.length === kinds.length &&
    candidate.parameters.every((accepted, index) => {
      const kind = kinds[index];
      return accepted === undefined || kind === undefined || accepted.includes(kind);
    })
  );
}

function signatureOf({ parameters }: FunctionDefinition): string {
  return `(${parameters.map((accepted) => accepted?.join(' or ') ?? 'any value').join(', ')})`;
}

function unknownFunction(context: TermContext, at: Span, name: string, method: boolean): Term {
  const names = new Set(
    functions.filter((candidate) => candidate.method === method).map((candidate) => candidate.name),
  );
  const suggestion = didYouMean(name, names);
  const remedy = suggestion === undefined ? `There are ${[...names].join(', ')}.` : `Did you mean ${suggestion}()?`;
  return context.reject(
    'EXPRESSION_FUNCTION_UNKNOWN',
    at,
    `There is no ${method ? 'method' : 'function'} ${name}().`,
    remedy,
  );
}

const optionalMethods: ReadonlySet<string> = new Set(['orValue', 'or', 'hasValue', 'value']);

/** A missing optional is undefined while it runs. */
function compileOptionalMethod(context: TermContext, node: MethodNode, scope: Scope): Term {
  const [name, receiver, parts] = node.args;
  const optional = context.compile(receiver, scope);
  if (optional.type.kind !== 'optional') {
    const message = `${name}() takes what .? gives, but this is a ${describeType(optional.type)}.`;
    return context.reject(
      'EXPRESSION_TYPE',
      receiver,
      message,
      "Read the field with .?, such as event.?label.orValue('none').",
    );
  }
  if (parts.length !== (name === 'orValue' || name === 'or' ? 1 : 0)) {
    return context.reject('EXPRESSION_TYPE', node, `${name}() got ${parts.length} arguments.`);
  }
  switch (name) {
    case 'hasValue':
      return { type: booleanType, evaluate: (bindings) => optional.evaluate(bindings) !== undefined };
    case 'value':
      return {
        type: optional.type.value,
        evaluate: (bindings) => {
          const value = optional.evaluate(bindings);
          if (value === undefined) throw context.fault(node, 'The optional value is missing.');
          return value;
        },
      };
    default:
      return alternative(
        context,
        node,
        [optional, optional.type],
        context[name === 'or' ? 'compile' : 'compileValue'](parts[0]!, scope),
      );
  }
}

function alternative(
  context: TermContext,
  at: Span,
  [first, { value }]: readonly [Term, OptionalType],
  second: Term,
): Term {
  const otherwise = second.type.kind === 'optional' ? second.type.value : second.type;
  const type = unify(value, otherwise);
  if (!type)
    return context.reject(
      'EXPRESSION_TYPE',
      at,
      `The alternative of a ${describeType(value)} is a ${describeType(otherwise)}.`,
    );
  return {
    type: second.type.kind === 'optional' ? { kind: 'optional', value: type } : type,
    evaluate: (bindings) => {
      const found = first.evaluate(bindings);
      return found === undefined ? second.evaluate(bindings) : found;
    },
  };
}
