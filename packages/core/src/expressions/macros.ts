import type { ASTNode } from '@marcbachmann/cel-js';
import type { ValueType } from '../schemas/value-type.js';
import type { Bindings } from './expression.js';
import type { Span } from './span.js';
import {
  booleanType,
  dynamicType,
  stringType,
  type LocalVariable,
  type Scope,
  type Term,
  type TermContext,
} from './term.js';
import { describeType, kindOf } from './type-relations.js';

/** To take the next element, besides the parts that are evaluated with it. */
const stepsPerElement = 6;
const stepsPerPart = 4;
const stepsPerKey = 10;

/** Deeper nesting makes the work grow with the cube of a list's length. */
const deepestNesting = 2;

const macroNames: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

export function isMacro(name: string, argumentCount: number): boolean {
  return macroNames.has(name) && (argumentCount === 2 || (name === 'map' && argumentCount === 3));
}

type Predicate = (element: unknown) => unknown;

interface Steps {
  readonly test: Predicate;
  readonly transform: Predicate;
  /** Throws when the walk may not go on after a fault. */
  readonly passOver: (fault: unknown) => void;
}

type Run = (elements: readonly unknown[], steps: Steps) => unknown;

/** `list.exists(element, condition)` and its kin; over a map they walk the keys. */
export function compileMacro(
  context: TermContext,
  [name, receiver, parts]: readonly [string, ASTNode, readonly ASTNode[]],
  at: Span,
  scope: Scope,
): Term {
  const elements = context.compileValue(receiver, scope);
  const elementType = elementTypeOf(elements.type);
  if (!elementType) {
    return context.reject(
      'EXPRESSION_TYPE',
      receiver,
      `${name}() takes a list or a map, but this is a ${describeType(elements.type)}.`,
    );
  }
  if (scope.macroDepth === deepestNesting) {
    return context.reject(
      'EXPRESSION_TOO_COMPLEX',
      at,
      `${name}() stands inside of ${deepestNesting} others; that is too deep.`,
    );
  }
  const variable: LocalVariable = { type: elementType, value: undefined };
  const inner = innerScope(scope, String(parts[0]!.args), variable);
  const compiled = parts.slice(1).map((part) => {
    const before = context.size;
    const term = context.compileValue(part, inner);
    return { ...term, steps: stepsPerElement + stepsPerPart * (context.size - before) };
  });
  const filter = name !== 'map' ? compiled[0]! : compiled.length === 2 ? compiled[0]! : undefined;
  if (filter && filter.type.kind !== 'boolean' && filter.type.kind !== 'dynamic') {
    return context.reject(
      'EXPRESSION_TYPE',
      parts[1]!,
      `The condition of ${name}() is a ${describeType(filter.type)}, not a boolean.`,
    );
  }
  const transformed = name === 'map' ? compiled.at(-1)! : undefined;
  return {
    type: resultType(name, elementType, transformed?.type),
    evaluate: (bindings) => {
      const inElement =
        (term: (Term & { readonly steps: number }) | undefined): Predicate =>
        (element) => {
          context.budget.spend(term?.steps ?? stepsPerElement, at);
          variable.value = element;
          return term ? term.evaluate(bindings) : true;
        };
      const test: Predicate = (element) => {
        const outcome = inElement(filter)(element);
        if (typeof outcome !== 'boolean')
          throw context.fault(parts[1]!, `The condition of ${name}() is a ${kindOf(outcome)}, not a boolean.`);
        return outcome;
      };
      const passOver = (fault: unknown): void => context.budget.passOver(fault, at);
      return runs[name]!(elementsOf(context, receiver, elements, bindings), {
        test,
        transform: inElement(transformed),
        passOver,
      });
    },
  };
}

const runs: Readonly<Record<string, Run>> = {
  exists: (elements, steps) => quantify(elements, steps, true),
  all: (elements, steps) => quantify(elements, steps, false),
  exists_one: (elements, { test }) => elements.filter(test).length === 1,
  filter: (elements, { test }) => elements.filter(test),
  map: (elements, { test, transform }) => elements.filter(test).map(transform),
};

/** An element that decides outweighs one that fails, as `||` and `&&` do (CEL language definition, "Macros"). */
function quantify(elements: readonly unknown[], { test, passOver }: Steps, decisive: boolean): boolean {
  let failure: unknown;
  for (const element of elements) {
    try {
      if (test(element) === decisive) return decisive;
    } catch (error) {
      passOver(error);
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return !decisive;
}

function elementTypeOf(type: ValueType): ValueType | undefined {
  switch (type.kind) {
    case 'list':
      return type.element;
    case 'map':
    case 'object':
      return stringType;
    case 'dynamic':
      return dynamicType;
    default:
      return undefined;
  }
}

function resultType(name: string, element: ValueType, transformed: ValueType | undefined): ValueType {
  if (name === 'map') return { kind: 'list', element: transformed! };
  return name === 'filter' ? { kind: 'list', element } : booleanType;
}

function elementsOf(context: TermContext, at: Span, elements: Term, bindings: Bindings): readonly unknown[] {
  const value = elements.evaluate(bindings);
  if (Array.isArray(value)) return value;
  if (kindOf(value) === 'map') {
    const keys = Object.keys(value as object);
    context.budget.spend(stepsPerKey * keys.length, at);
    return keys;
  }
  throw context.fault(at, `A list or a map is needed, but this is a ${kindOf(value)}.`);
}

/** The variable hides what has its name outside, and what was proven about that. */
function innerScope(scope: Scope, name: string, variable: LocalVariable): Scope {
  return {
    ...scope,
    locals: new Map([...scope.locals, [name, variable]]),
    present: new Set([...scope.present].filter((path) => path !== name && !path.startsWith(`${name}.`))),
    macroDepth: scope.macroDepth + 1,
  };
}
