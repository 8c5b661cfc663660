import { isDeepStrictEqual } from 'node:util';

/** Of two values with fields those that differ; of others the later one. A state with many fields changes in few. */
export function changedFields(before: unknown, after: unknown): unknown {
  if (!hasFields(before) || !hasFields(after)) return after;
  const names = Object.keys(after).filter((name) => !isDeepStrictEqual(before[name], after[name]));
  return Object.fromEntries(names.map((name) => [name, after[name]]));
}

function hasFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
