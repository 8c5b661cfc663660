import type { RuleModel } from '../config/rule-model.js';

export type RuleIdentity = Pick<RuleModel, 'meaning' | 'name'>;

/**
 * What is kept of a rule: its instances by key, its runs by id, what started them and their outputs by id and name, the
 * windows of its patterns by place and key.
 */
const kinds = ['instances', 'runs', 'values', 'patterns'] as const;

/** The scope of a rule's records in the ledger. It holds the meaning, so that a changed rule starts anew. */
export function ruleScope(kind: (typeof kinds)[number], { meaning, name }: RuleIdentity): string {
  return `rule/${kind}/${encodeURIComponent(meaning)}/${name}`;
}

export function ruleScopes(rule: RuleIdentity): readonly string[] {
  return kinds.map((kind) => ruleScope(kind, rule));
}

/** The rule that a scope belongs to; undefined for scopes that no rule owns. */
export function ruleOfScope(scope: string): RuleIdentity | undefined {
  const [room, kind, meaning, ...name] = scope.split('/');
  if (room !== 'rule' || meaning === undefined || !kinds.some((known) => known === kind)) return undefined;
  return { meaning: decodeURIComponent(meaning), name: name.join('/') };
}
