import { CST, isAlias, isMap, isScalar, isSeq, LineCounter, Scalar } from 'yaml';
import type { Alias, Node, ParsedNode, YAMLMap, YAMLSeq } from 'yaml';
import { Turns } from '../clock/turns.js';
import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { SourceText } from '../expressions/expression.js';
import type { Findings } from './findings.js';
import { decodeBlockScalar, decodeFlowScalar, type OffsetText } from './scalar-offsets.js';
import type { MappingEntry, ScalarNode, SourceNode } from './source-node.js';
import { composeDocuments } from './yaml-documents.js';
import { readTokens, type Excess } from './yaml-tokens.js';

/** Deeper than any rule needs, and far from the end of the stack. */
const maximumDepth = 64;
/** With every alias written out in full. */
const maximumNodes = 50_000;
/** Each value may have a key and a sign before it. */
const bounds = { depth: maximumDepth, parts: 3 * maximumNodes };
/** With the blanks and the anchor between it and its value. */
const longestTag = 1_000;
/** Of one kind of error in one file; nobody reads more. */
const maximumErrors = 100;

/** Reads YAML 1.2 (or JSON, which is a part of it) as a tree that knows its places; the event loop has its turns meanwhile. */
export async function parseYaml(file: string, text: string, findings: Findings): Promise<SourceNode | undefined> {
  const turns = new Turns();
  const lines = new LineCounter();
  const tokens = await readTokens(text, lines, bounds, turns);
  const tree = new TreeBuilder(file, text, lines, findings);
  if (!Array.isArray(tokens)) {
    tree.refuseExcess(tokens);
    return undefined;
  }
  const [document, second] = await composeDocuments(tokens, turns);
  if (second) {
    findings.error(
      'YAML_MULTIPLE_DOCUMENTS',
      'The file holds more than one document.',
      tree.range(second.range[0], second.range[0] + 3),
    );
  }
  if (!document) {
    findings.error('CONFIG_EMPTY', 'The file is empty.', tree.range(0, 0));
    return undefined;
  }
  for (const error of document.errors.slice(0, maximumErrors)) {
    const [start, end] = error.pos;
    findings.error(
      'YAML_SYNTAX',
      sentence(error.message),
      tree.range(start, Math.max(end, start + 1)),
      error.message.includes('block-seq-ind') ? 'Begin the list on the next line.' : remedies[error.code],
    );
  }
  if (document.errors.length > 0) return undefined;
  const root = document.contents as Node | null;
  if (!root || (isScalar(root) && root.value === null)) {
    findings.error('CONFIG_EMPTY', 'The file holds nothing but blanks and comments.', tree.range(0, 0));
    return undefined;
  }
  const building = tree.build(root);
  let step = building.next();
  for (; !step.done; step = building.next()) if (turns.areDue()) await turns.next();
  return step.value;
}

/** It stops after each of its steps, so that whoever drives it may give the event loop a turn. */
type Building<Result> = Generator<void, Result>;

const remedies: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'Indent with spaces; YAML does not allow tabs there.',
  BAD_INDENT: 'Line it up with its neighbours.',
};

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

class TreeBuilder {
  /** Finished parts by node, for aliases; undefined while a part is being built. */
  readonly #built = new Map<Node, SourceNode | undefined>();
  /** The latest node with each anchor. */
  readonly #anchors = new Map<string, Node>();
  #reported = 0;
  #nodes = 0;
  #exhausted = false;

  constructor(
    private readonly file: string,
    private readonly text: string,
    private readonly lines: LineCounter,
    private readonly findings: Findings,
  ) {}

  range(start: number, end: number): SourceRange {
    return { file: this.file, start: this.position(start), end: this.position(end) };
  }

  private position(offset: number): SourceRange['start'] {
    const bounded = Math.min(Math.max(offset, 0), this.text.length);
    const { line, col } = this.lines.linePos(bounded);
    return line === 0 ? { line: 1, column: bounded + 1, offset: bounded } : { line, column: col, offset: bounded };
  }

  refuseExcess({ of, offset }: Excess): void {
    const range = this.range(offset, offset + 1);
    if (of === 'depth') this.refuseDepth(range);
    else this.refuse('CONFIG_TOO_LARGE', `The file holds more than ${maximumNodes} values.`, range);
  }

  *build(node: Node, depth = 0): Building<SourceNode> {
    yield;
    const range = this.rangeOf(node);
    if (depth > maximumDepth) return this.refuseDepth(range);
    this.#nodes += 1;
    if (this.#nodes > maximumNodes) {
      return this.refuse(
        'CONFIG_TOO_LARGE',
        `The file holds more than ${maximumNodes} values, aliases written out.`,
        range,
      );
    }
    if (isAlias(node)) return yield* this.resolve(node, range, depth);
    this.remember(node);
    const tag = node.tag === undefined ? undefined : this.explicitTag(node);
    if (tag) this.report('YAML_TAG', `The tag ${node.tag} has no meaning here.`, tag);
    this.#built.set(node, undefined);
    const result = yield* this.convert(node, range, depth);
    this.#built.set(node, result);
    return result;
  }

  private *convert(node: Node, range: SourceRange, depth: number): Building<SourceNode> {
    if (isMap(node)) return { kind: 'mapping', entries: yield* this.entries(node, depth), range };
    if (isSeq(node)) {
      const items: SourceNode[] = [];
      for (const item of (node as YAMLSeq<Node>).items) items.push(yield* this.build(item, depth + 1));
      return { kind: 'sequence', items, range };
    }
    return this.scalar(node as Scalar, range);
  }

  private remember(node: Node & { anchor?: string }): void {
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
  }

  private refuseDepth(range: SourceRange): ScalarNode {
    return this.refuse('CONFIG_TOO_DEEP', `The file is nested deeper than ${maximumDepth} levels.`, range);
  }

  private report(...[code, message, range]: Parameters<Findings['error']>): void {
    if (this.#reported++ < maximumErrors) this.findings.error(code, message, range);
  }

  private refuse(code: 'CONFIG_TOO_DEEP' | 'CONFIG_TOO_LARGE', message: string, range: SourceRange): ScalarNode {
    if (!this.#exhausted) this.report(code, message, range);
    this.#exhausted = true;
    return emptyScalar(range);
  }

  private *resolve(alias: Alias, range: SourceRange, depth: number): Building<SourceNode> {
    const target = this.#anchors.get(alias.source);
    if (target && !this.#built.has(target)) return yield* this.build(target, depth);
    if (!target) {
      this.report(
        'YAML_ALIAS',
        `The alias *${alias.source} names nothing: there is no &${alias.source} before it.`,
        range,
      );
      return emptyScalar(range);
    }
    const built = this.#built.get(target);
    if (!built) {
      this.report('YAML_ALIAS', `The alias *${alias.source} stands inside of the part that it names.`, range);
      return emptyScalar(range);
    }
    this.#nodes += sizeOf(built, maximumNodes);
    if (this.#nodes > maximumNodes)
      return this.refuse(
        'CONFIG_TOO_LARGE',
        `The alias *${alias.source} makes the file hold more than ${maximumNodes} values.`,
        range,
      );
    return built;
  }

  /** The place of a tag that is written, and not merely taken from the form of the value. */
  private explicitTag(node: Node): SourceRange | undefined {
    const [start] = node.range ?? [0];
    const before = this.text.slice(Math.max(0, start - longestTag), start);
    const found = /(?<=^|\s)(!\S*)(?:\s+&\S+)?\s*$/.exec(before);
    return found
      ? this.range(start - before.length + found.index, start - before.length + found.index + found[1]!.length)
      : undefined;
  }

  private *entries(map: YAMLMap, depth: number): Building<MappingEntry[]> {
    const own = new Map<string, MappingEntry>();
    const merged: MappingEntry[] = [];
    for (const pair of map.items as { key: ParsedNode | null; value: ParsedNode | null }[]) {
      const keyNode = pair.key as Node | null;
      if (!isScalar(keyNode)) {
        const at = keyNode ? this.rangeOf(keyNode) : this.rangeOf(map);
        this.report('YAML_KEY', 'A key must be a plain text.', at);
        continue;
      }
      this.remember(keyNode);
      const keyRange = this.rangeOf(keyNode);
      const key = this.scalar(keyNode, keyRange).source.text;
      const value = pair.value ? yield* this.build(pair.value as Node, depth + 1) : emptyScalar(keyRange);
      const earlier = own.get(key);
      if (key === '<<' && keyNode.type === Scalar.PLAIN) merged.push(...this.merge(value));
      else if (earlier) this.reportDuplicate(key, keyRange, earlier.keyRange);
      else own.set(key, { key, keyRange, value });
    }
    for (const entry of merged) if (!own.has(entry.key)) own.set(entry.key, entry);
    return [...own.values()];
  }

  private reportDuplicate(key: string, range: SourceRange, first: SourceRange): void {
    this.report('YAML_DUPLICATE_KEY', `"${key}" stands here again; it is already on line ${first.start.line}.`, range);
    this.report(
      'YAML_DUPLICATE_KEY',
      `"${key}" stands here first; it is there again on line ${range.start.line}.`,
      first,
    );
  }

  /** `<<: *defaults` takes over the keys that the mapping does not have itself; in a list the earlier one wins. */
  private merge(value: SourceNode): MappingEntry[] {
    if (value.kind === 'mapping') return [...value.entries];
    if (value.kind === 'sequence' && value.items.every((item) => item.kind === 'mapping')) {
      return value.items.flatMap((item) => (item.kind === 'mapping' ? item.entries : []));
    }
    this.report('YAML_ALIAS', 'A merge key (<<) needs a mapping, such as *defaults.', value.range);
    return [];
  }

  private scalar(node: Scalar, range: SourceRange): ScalarNode {
    const value = node.value;
    const isPlainValue = value === null || ['string', 'number', 'boolean'].includes(typeof value);
    const decoded = this.decode(node, range);
    return {
      kind: 'scalar',
      value: isPlainValue ? (value as ScalarNode['value']) : String(value),
      range,
      source: this.sourceText(decoded, range),
    };
  }

  private decode(node: Scalar, range: SourceRange): OffsetText {
    const token = node.srcToken;
    if (token?.type === 'block-scalar') {
      const [header] = token.props;
      const length = token.props.reduce((sum, prop) => sum + CST.stringify(prop as CST.SourceToken).length, 0);
      return decodeBlockScalar({
        header: header && 'source' in header ? header.source : '|',
        indent: token.indent,
        body: token.source,
        offset: token.offset + length,
      });
    }
    return decodeFlowScalar(this.text.slice(range.start.offset, range.end.offset), range.start.offset, node.type);
  }

  private sourceText(decoded: OffsetText, range: SourceRange): SourceText {
    const place = (index: number): number => decoded.offsets[index] ?? range.end.offset;
    return {
      text: decoded.text,
      rangeOf: (start, end) => {
        const from = place(start);
        return this.range(from, end > start ? Math.max(from, place(end - 1)) + 1 : from);
      },
    };
  }

  private rangeOf(node: Node): SourceRange {
    const [start, end] = node.range ?? [0, 0];
    return this.range(start, end);
  }
}

function emptyScalar(range: SourceRange): ScalarNode {
  const empty = { ...range, end: range.start };
  return { kind: 'scalar', value: null, range, source: { text: '', rangeOf: () => empty } };
}

function sizeOf(node: SourceNode, bound: number): number {
  if (bound <= 0 || node.kind === 'scalar') return 1;
  let size = 1;
  for (const child of node.kind === 'sequence' ? node.items : node.entries.map((entry) => entry.value)) {
    size += sizeOf(child, bound - size);
    if (size > bound) break;
  }
  return size;
}
