import type { FieldType, ValueType } from '../schemas/value-type.js';

/** The type of `event` where one of several may be at hand: a field that not all of them have is optional. */
export function commonType(types: readonly ValueType[]): ValueType {
  return types.reduce((left, right) => (left === right ? left : common(left, right)), types[0] ?? { kind: 'dynamic' });
}

function common(left: ValueType, right: ValueType): ValueType {
  if (left.kind === 'object' && right.kind === 'object')
    return { kind: 'object', fields: commonFields(left.fields, right.fields) };
  if (left.kind === 'list' && right.kind === 'list')
    return { kind: 'list', element: common(left.element, right.element) };
  if (left.kind === 'map' && right.kind === 'map') return { kind: 'map', value: common(left.value, right.value) };
  return left.kind === right.kind ? left : { kind: 'dynamic' };
}

function commonFields(
  left: Readonly<Record<string, FieldType>>,
  right: Readonly<Record<string, FieldType>>,
): Record<string, FieldType> {
  const fields: Record<string, FieldType> = {};
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const [one, other] = [left[name], right[name]];
    if (one && other)
      fields[name] = { ...one, type: common(one.type, other.type), optional: one.optional || other.optional };
    else fields[name] = { ...(one ?? other)!, optional: true };
  }
  return fields;
}
