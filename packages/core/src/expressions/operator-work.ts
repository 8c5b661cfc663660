import type { ValueType } from '../schemas/value-type.js';
import type { BinaryOperator } from './operators.js';
import { comparisonWork, lengthWork } from './work.js';

/** The steps that an operation needs with the values at hand; the walk over them ends beyond the bound. */
type OperationWork = (left: unknown, right: unknown, bound: number) => number;

/** To compare with one element, besides what is in it. */
const perElement = 2;
/** A list or a map takes a call for each comparison. */
const perDeepElement = 30;
const perCopiedElement = 6;

/** How the work of an operation grows with its data; undefined where it does not. */
export function operationWork(operator: BinaryOperator, left: ValueType, right: ValueType): OperationWork | undefined {
  if (operator === 'in') return containmentWork;
  if (!hasSize(left) || !hasSize(right)) return undefined;
  if (operator === '+') return additionWork;
  return isOneOfFew(left) || isOneOfFew(right) ? undefined : comparisonWork;
}

function hasSize({ kind }: ValueType): boolean {
  return ['string', 'bytes', 'list', 'map', 'object', 'dynamic'].includes(kind);
}

/** A comparison looks at no more letters than the shorter text has. */
function isOneOfFew(type: ValueType): boolean {
  return type.kind === 'string' && type.values !== undefined;
}

function containmentWork(item: unknown, container: unknown, bound: number): number {
  if (!Array.isArray(container)) return comparisonWork(item, item, bound);
  const isDeep = typeof item === 'object' && item !== null;
  return container.length * ((isDeep ? perDeepElement : perElement) + comparisonWork(item, item, bound));
}

function additionWork(left: unknown, right: unknown): number {
  if (typeof left === 'string' && typeof right === 'string') return lengthWork(left) + lengthWork(right);
  return Array.isArray(left) && Array.isArray(right) ? perCopiedElement * (left.length + right.length) : 0;
}
