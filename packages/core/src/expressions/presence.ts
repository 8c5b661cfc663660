import type { ASTNode } from '@marcbachmann/cel-js';

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
