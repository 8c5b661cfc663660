import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { SourceText } from '../expressions/expression.js';

/** What a file says, with the place of each part. Aliases and merge keys are resolved; a shared part is one object. */
export type SourceNode = ScalarNode | SequenceNode | MappingNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly range: SourceRange;
  /** The text as an expression would read it: `true` and `3` are texts here as well. */
  readonly source: SourceText;
}

export interface SequenceNode {
  readonly kind: 'sequence';
  readonly items: readonly SourceNode[];
  readonly range: SourceRange;
}

export interface MappingNode {
  readonly kind: 'mapping';
  readonly entries: readonly MappingEntry[];
  readonly range: SourceRange;
}

export interface MappingEntry {
  readonly key: string;
  readonly keyRange: SourceRange;
  readonly value: SourceNode;
}

/** The node in the words of a user: `the text "abc"`, `a list`, `nothing`. */
export function describeNode(node: SourceNode): string {
  if (node.kind === 'mapping') return 'a mapping';
  if (node.kind === 'sequence') return 'a list';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return `the text ${JSON.stringify(shorten(node.value))}`;
  return `the ${typeof node.value} ${String(node.value)}`;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The node without its places. */
export function plainValue(node: SourceNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'sequence') return node.items.map(plainValue);
  return Object.fromEntries(node.entries.map((entry) => [entry.key, plainValue(entry.value)]));
}

export function entryOf(node: SourceNode | undefined, key: string): MappingEntry | undefined {
  return node?.kind === 'mapping' ? node.entries.find((entry) => entry.key === key) : undefined;
}

/** The place of what stands at the path, or of the nearest part above it that exists. */
export function rangeAt(node: SourceNode, path: readonly PropertyKey[]): SourceRange {
  let current = node;
  let range = node.range;
  for (const [depth, segment] of path.entries()) {
    if (current.kind === 'mapping') {
      const entry = entryOf(current, String(segment));
      if (!entry) return range;
      current = entry.value;
      range = depth === path.length - 1 && isEmpty(current) ? entry.keyRange : current.range;
    } else if (current.kind === 'sequence') {
      const item = current.items[Number(segment)];
      if (!item) return range;
      current = item;
      range = item.range;
    } else {
      return range;
    }
  }
  return range;
}

function isEmpty(node: SourceNode): boolean {
  return node.range.start.offset === node.range.end.offset;
}
