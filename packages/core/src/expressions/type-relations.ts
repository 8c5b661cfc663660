import { Duration } from '../clock/duration.js';
import type { ValueType } from '../schemas/value-type.js';
import { dynamicType, type TermType } from './term.js';

/** The kinds that a value can have at run time; maps and objects are one. */
export type ValueKind = Exclude<ValueType['kind'], 'dynamic' | 'object'>;

export function kindOf(value: unknown): ValueKind | undefined {
  switch (typeof value) {
    case 'number':
      return 'number';
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'list';
      if (value instanceof Duration) return 'duration';
      if (value instanceof Date) return 'timestamp';
      if (value instanceof Uint8Array) return 'bytes';
      return 'map';
    default:
      return undefined;
  }
}

/** The kind a value of the type has at run time; undefined when only the run can tell. */
export function kindOfType(type: ValueType): ValueKind | undefined {
  if (type.kind === 'dynamic') return undefined;
  return type.kind === 'object' ? 'map' : type.kind;
}

/** The type in the user's words, such as `list of strings`. */
export function describeType(type: TermType): string {
  switch (type.kind) {
    case 'list':
      return type.element.kind === 'dynamic' ? 'list' : `list of ${describeType(type.element)}s`;
    case 'map':
    case 'object':
      return 'map';
    case 'optional':
      return `optional ${describeType(type.value)}`;
    case 'dynamic':
      return 'value of any type';
    default:
      return type.kind;
  }
}

/** The type that holds values of both; undefined when there is none. A type also holds null. */
export function unify(left: ValueType, right: ValueType): ValueType | undefined {
  if (left.kind === 'dynamic' || right.kind === 'dynamic') return dynamicType;
  if (left.kind === 'null') return right;
  if (right.kind === 'null') return left;
  if (kindOfType(left) !== kindOfType(right)) return undefined;
  if (left.kind === 'list' && right.kind === 'list') {
    const element = unify(left.element, right.element);
    return { kind: 'list', element: element ?? dynamicType };
  }
  if (left.kind === 'map' && right.kind === 'map') {
    return { kind: 'map', value: unify(left.value, right.value) ?? dynamicType };
  }
  if (kindOfType(left) === 'map') return left === right ? left : { kind: 'map', value: dynamicType };
  return left.kind === 'string' ? { kind: 'string' } : left;
}

/** Whether values of the two types can ever be equal, so that comparing them makes sense. */
export function comparable(left: ValueType, right: ValueType): boolean {
  if (left.kind === 'list' && right.kind === 'list') return comparable(left.element, right.element);
  if (left.kind === 'map' && right.kind === 'map') return comparable(left.value, right.value);
  return unify(left, right) !== undefined;
}
