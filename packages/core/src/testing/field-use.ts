/**
 * Whether a condition anywhere in the rules may name the field. Where none does, the field's changes wake no rule: steps read
 * it live anyway.
 */
export function isFieldRead(part: unknown, field: string): boolean {
  if (typeof part !== 'object' || part === null) return false;
  if ('dependencies' in part && 'source' in part) {
    const { text } = part.source as { readonly text: string };
    return new RegExp(`\\b${field}\\b`).test(text);
  }
  return Object.values(part).some((child) => isFieldRead(child, field));
}
