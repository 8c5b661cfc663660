/** Far more than a value of the world has, and far from the end of the stack of what walks over it. */
export const deepestNesting = 100;

/** Whether lists and maps stand inside of one another on more than 100 levels. */
export function isTooDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepestNesting) return true;
    level = level.flatMap((item) => (isCollection(item) ? Object.values(item) : [])).filter(isCollection);
  }
  return false;
}

function isCollection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}
