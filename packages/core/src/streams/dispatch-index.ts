import { canonicalKey } from './canonical-key.js';

/** The values that fields of an event must equal; a field that is undefined is free. */
export type MatchValues = Readonly<Record<string, unknown>>;

/** The members that wait for the same match values. */
interface Group<Member> {
  readonly match: MatchValues;
  readonly members: Set<Member>;
}

type Node<Member> = Group<Member> | Map<unknown, Node<Member>>;

/** All groups that fix the same set of fields: one map for each field, nested. */
interface Table<Member> {
  readonly fields: readonly string[];
  root: Node<Member> | undefined;
}

/**
 * Finds the members that an event concerns with one map lookup for each fixed field, so that the cost of an event grows
 * with the distinct sets of fields and not with the members. A lookup allocates nothing.
 */
export class DispatchIndex<Member> {
  readonly #tables = new Map<string, Table<Member>>();
  readonly #groups = new Set<Group<Member>>();

  /** The match values in use, each once. */
  get patterns(): readonly MatchValues[] {
    return Array.from(this.#groups, (group) => group.match);
  }

  /** @returns whether these match values are new */
  add(match: MatchValues, member: Member): boolean {
    const table = this.#tableOf(match);
    const group = this.#groupOf(table, match);
    group.members.add(member);
    if (this.#groups.has(group)) return false;
    this.#groups.add(group);
    return true;
  }

  /** @returns whether nothing asks for these match values any more */
  remove(match: MatchValues, member: Member): boolean {
    const table = this.#tableOf(match);
    const group = this.#groupOf(table, match);
    group.members.delete(member);
    if (group.members.size > 0) return false;
    this.#groups.delete(group);
    table.root = withoutGroup(table.root, table.fields, match, 0);
    if (!table.root) this.#tables.delete(table.fields.join('\n'));
    return true;
  }

  /** Members that are added while the visit goes on may be visited too; those removed before their turn are not. */
  visit(event: unknown, visitor: (member: Member) => void): void {
    for (const { fields, root } of this.#tables.values()) {
      let node = root;
      for (let depth = 0; node instanceof Map && depth < fields.length; depth++) {
        node = node.get(indexKey(fieldOf(event, fields[depth]!)));
      }
      if (node && !(node instanceof Map)) for (const member of node.members) visitor(member);
    }
  }

  #tableOf(match: MatchValues): Table<Member> {
    const fields = Object.keys(match)
      .filter((field) => match[field] !== undefined)
      .sort();
    const name = fields.join('\n');
    const table = this.#tables.get(name) ?? { fields, root: undefined };
    this.#tables.set(name, table);
    return table;
  }

  #groupOf(table: Table<Member>, match: MatchValues): Group<Member> {
    const newNode = (depth: number): Node<Member> =>
      depth === table.fields.length ? { match, members: new Set() } : new Map<unknown, Node<Member>>();
    let node = (table.root ??= newNode(0));
    for (let depth = 0; node instanceof Map; depth++) {
      const key = indexKey(match[table.fields[depth]!]);
      const next: Node<Member> = node.get(key) ?? newNode(depth + 1);
      node.set(key, next);
      node = next;
    }
    return node;
  }
}

/** The node without the group, or undefined when nothing is left of it. */
function withoutGroup<Member>(
  node: Node<Member> | undefined,
  fields: readonly string[],
  match: MatchValues,
  depth: number,
): Node<Member> | undefined {
  if (!(node instanceof Map)) return undefined;
  const key = indexKey(match[fields[depth]!]);
  const rest = withoutGroup(node.get(key), fields, match, depth + 1);
  if (!rest) node.delete(key);
  return node.size > 0 ? node : undefined;
}

function fieldOf(event: unknown, field: string): unknown {
  return typeof event === 'object' && event !== null ? (event as Record<string, unknown>)[field] : undefined;
}

/** Lists and objects are compared by their content, all else by itself. */
function indexKey(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? canonicalKey(value) : value;
}
