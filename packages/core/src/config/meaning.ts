import { createHash } from 'node:crypto';
import { plainValue, type SourceNode } from './source-node.js';

/**
 * Hash of what a rule says, with the definitions of the streams it reads. Comments, the order of keys, quotes and the
 * description leave it as it is.
 * @returns SHA-256 as lower-case hexadecimal digits
 */
export function meaningOf(name: string, rule: SourceNode, streams: ReadonlyMap<string, unknown>): string {
  const { description: _description, ...content } = plainValue(rule) as Record<string, unknown>;
  const definitions = Object.fromEntries(streams);
  return createHash('sha256')
    .update(canonical({ name, rule: content, streams: definitions }))
    .digest('hex');
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
}
