import type { ASTNode } from '@marcbachmann/cel-js';
import type { FieldPath } from '../schemas/field-set.js';

/** The optional fields that are there whenever the condition has the given outcome: `has(event.x) && …`. */
export function provenBy(condition: ASTNode, outcome: boolean): readonly string[] {
  switch (condition.op) {
    case '&&':
    case '||':
      return (condition.op === '&&') === outcome ? condition.args.flatMap((part) => provenBy(part, outcome)) : [];
    case '!_':
      return provenBy(condition.args, !outcome);
    case 'call': {
      const [name, [argument]] = condition.args;
      const path = outcome && name === 'has' && argument ? pathOf(argument) : undefined;
      return path === undefined ? [] : [path];
    }
    default:
      return [];
  }
}

/** `event.properties.ID` of a chain of names; undefined of anything else. */
export function pathOf(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args;
  if (node.op !== '.') return undefined;
  const receiver = pathOf(node.args[0]);
  return receiver === undefined ? undefined : `${receiver}.${node.args[1]}`;
}

/**
 * The field that a part reads, from the name it starts with: `['event', 'parts', 'a.b']` of `event.?parts['a.b']`, and of
 * `has()` of that. Undefined of a part with anything else in it, such as an index that is not known before it runs.
 */
export function readPathOf(node: ASTNode): FieldPath | undefined {
  switch (node.op) {
    case 'id':
      return [node.args];
    case '.':
    case '.?':
    case '[]':
    case '[?]': {
      const [receiver, member] = node.args;
      const name = typeof member === 'string' ? member : member.op === 'value' ? member.args : undefined;
      const path = readPathOf(receiver);
      return path && typeof name === 'string' ? [...path, name] : undefined;
    }
    case 'call': {
      const [name, [argument]] = node.args;
      return name === 'has' && argument ? readPathOf(argument) : undefined;
    }
    default:
      return undefined;
  }
}

/** The names that these fields start with. */
export function namesOf(paths: readonly FieldPath[]): ReadonlySet<string> {
  return new Set(paths.map(([name]) => name!));
}
