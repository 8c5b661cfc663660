import { isDeepStrictEqual } from 'node:util';
import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { ValueType } from '../schemas/value-type.js';
import { booleanType, durationType, dynamicType, numberType, stringType, timestampType } from './term.js';
import { comparable, describeType, kindOf, kindOfType, unify, type ValueKind } from './type-relations.js';

export type BinaryOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%' | 'in';

interface Overload {
  readonly left: ValueKind;
  readonly right: ValueKind;
  readonly result: ValueType;
  run(left: never, right: never): unknown;
}

function overload<Left, Right>(
  left: ValueKind,
  right: ValueKind,
  result: ValueType,
  run: (left: Left, right: Right) => unknown,
): Overload {
  return { left, right, result, run };
}

const ordered: readonly ValueKind[] = ['number', 'string', 'duration', 'timestamp', 'boolean'];

function ordering(run: (left: number, right: number) => boolean): readonly Overload[] {
  return ordered.map((kind) => overload(kind, kind, booleanType, run));
}

function nonZero(divisor: number): number {
  if (divisor === 0) throw coreError('EXPRESSION_FAILED', 'A number was divided by zero.');
  return divisor;
}

const milliseconds = (amount: number): Duration => Duration.ofMilliseconds(amount);

/** All numbers are doubles (whole literals too), so `7 / 2` is 3.5; durations and timestamps keep their types. */
const overloads: Readonly<Record<Exclude<BinaryOperator, '==' | '!=' | 'in'>, readonly Overload[]>> = {
  '<': ordering((left, right) => left < right),
  '<=': ordering((left, right) => left <= right),
  '>': ordering((left, right) => left > right),
  '>=': ordering((left, right) => left >= right),
  '+': [
    overload('number', 'number', numberType, (left: number, right: number) => left + right),
    overload('string', 'string', stringType, (left: string, right: string) => left + right),
    overload('list', 'list', { kind: 'list', element: dynamicType }, (left: unknown[], right: unknown[]) => [
      ...left,
      ...right,
    ]),
    overload('duration', 'duration', durationType, (left: Duration, right: Duration) => milliseconds(+left + +right)),
    overload('timestamp', 'duration', timestampType, (left: Date, right: Duration) => new Date(+left + +right)),
    overload('duration', 'timestamp', timestampType, (left: Duration, right: Date) => new Date(+left + +right)),
  ],
  '-': [
    overload('number', 'number', numberType, (left: number, right: number) => left - right),
    overload('duration', 'duration', durationType, (left: Duration, right: Duration) => milliseconds(+left - +right)),
    overload('timestamp', 'timestamp', durationType, (left: Date, right: Date) => milliseconds(+left - +right)),
    overload('timestamp', 'duration', timestampType, (left: Date, right: Duration) => new Date(+left - +right)),
  ],
  '*': [overload('number', 'number', numberType, (left: number, right: number) => left * right)],
  '/': [overload('number', 'number', numberType, (left: number, right: number) => left / nonZero(right))],
  '%': [overload('number', 'number', numberType, (left: number, right: number) => left % nonZero(right))],
};

/** The type of `left operator right`; undefined when the two do not go together. */
export function operationType(operator: BinaryOperator, left: ValueType, right: ValueType): ValueType | undefined {
  switch (operator) {
    case '==':
    case '!=':
      return comparable(left, right) ? booleanType : undefined;
    case 'in':
      return canContain(right, left) ? booleanType : undefined;
    default: {
      const kinds = [kindOfType(left), kindOfType(right)] as const;
      const candidates = overloads[operator].filter(
        (candidate) =>
          (kinds[0] ?? candidate.left) === candidate.left && (kinds[1] ?? candidate.right) === candidate.right,
      );
      if (candidates.length === 0) return undefined;
      if (operator === '+' && left.kind === 'list' && right.kind === 'list') return unify(left, right);
      const [first, ...others] = candidates.map((candidate) => candidate.result);
      return others.every((result) => result.kind === first!.kind) ? first : dynamicType;
    }
  }
}

function canContain(container: ValueType, item: ValueType): boolean {
  switch (container.kind) {
    case 'dynamic':
      return true;
    case 'list':
      return comparable(item, container.element);
    case 'map':
    case 'object':
      return item.kind === 'string' || item.kind === 'dynamic';
    default:
      return false;
  }
}

/**
 * The operation at run time. It looks at the values, not at the static types: a null or a plugin's wrong value must fail
 * and never compare as something else.
 */
export function operation(operator: BinaryOperator): (left: unknown, right: unknown) => unknown {
  switch (operator) {
    case '==':
      return equals;
    case '!=':
      return (left, right) => !equals(left, right);
    case 'in':
      return contains;
    default: {
      const [numeric, ...others] = overloads[operator];
      const ofNumbers = numeric!.run as (left: unknown, right: unknown) => unknown;
      return (left, right) =>
        typeof left === 'number' && typeof right === 'number'
          ? ofNumbers(left, right)
          : dispatch(operator, others, left, right);
    }
  }
}

function dispatch(operator: BinaryOperator, candidates: readonly Overload[], left: unknown, right: unknown): unknown {
  const leftKind = kindOf(left);
  const rightKind = kindOf(right);
  for (const candidate of candidates)
    if (candidate.left === leftKind && candidate.right === rightKind)
      return candidate.run(left as never, right as never);
  throw coreError('EXPRESSION_FAILED', `"${operator}" does not take a ${leftKind} and a ${rightKind}.`);
}

/** Equality by value; values of different kinds are not equal, NaN equals nothing. */
function equals(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object') return false;
  return isDeepStrictEqual(left, right);
}

function contains(item: unknown, container: unknown): boolean {
  if (Array.isArray(container)) return container.some((element) => equals(item, element));
  if (kindOf(container) === 'map' && typeof item === 'string') return Object.hasOwn(container as object, item);
  throw coreError('EXPRESSION_FAILED', `"in" does not take a ${kindOf(item)} and a ${kindOf(container)}.`);
}

export function operatorMismatch(operator: BinaryOperator, left: ValueType, right: ValueType): string {
  return `"${operator}" does not take a ${describeType(left)} and a ${describeType(right)}.`;
}

/** The literal that one side can never be equal to, with the values that it can have. */
export function neverEqual(
  operator: BinaryOperator,
  left: ValueType,
  right: ValueType,
): { readonly literal: string; readonly values: readonly string[] } | undefined {
  if ((operator !== '==' && operator !== '!=') || left.kind !== 'string' || right.kind !== 'string') return undefined;
  const [literals, values] = right.values?.length === 1 ? [right.values, left.values] : [left.values, right.values];
  if (literals?.length !== 1 || !values || values.includes(literals[0]!)) return undefined;
  return { literal: literals[0]!, values };
}

/** How to bring a quantity and a bare literal together; undefined when there is no usual way. */
export function operatorRemedy(left: ValueType, right: ValueType): string | undefined {
  const kinds = [left.kind, right.kind];
  const bare = kinds.includes('number') || kinds.includes('string');
  if (bare && kinds.includes('duration')) return "Write the other side as a duration too: write duration('10m').";
  if (bare && kinds.includes('timestamp')) {
    return "Write the other side as a point in time too: write timestamp('2026-01-31T12:00:00Z').";
  }
  if (kinds.includes('string') && kinds.includes('number')) {
    return 'Put quotes around both sides or around none, or convert one with string() or double().';
  }
  return undefined;
}
