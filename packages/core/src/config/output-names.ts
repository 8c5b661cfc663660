import type { ValueType } from '../schemas/value-type.js';
import type { Scope } from './scope.js';
import type { SourceNode } from './source-node.js';
import type { Findings } from './findings.js';

const identifier = /^[A-Za-z_]\w*$/;

/** The names that `as` gives to outputs in one rule, and where they have a value. */
export class OutputNames {
  /** Those of the whole rule: what is not visible yet can be told from what does not exist. */
  readonly #all: ReadonlyMap<string, number>;
  readonly #known = new Map<string, ValueType>();
  #visible = new Set<string>();
  /** Outputs of the branches that were read so far. */
  #beside = new Set<string>();

  constructor(parts: readonly (SourceNode | undefined)[], taken: ReadonlySet<string>, findings: Findings) {
    const all = new Map<string, number>();
    for (const name of parts.flatMap((part) => (part ? [...namesIn(part)] : []))) {
      const line = name.range.start.line;
      if (!identifier.test(name.value))
        findings.error('NAME_INVALID', `"${name.value}" cannot be read in an expression.`, name.range);
      else if (taken.has(name.value))
        findings.error(
          'NAME_TAKEN',
          `"${name.value}" already has a meaning in expressions; "as" cannot hide it.`,
          name.range,
        );
      else if (all.has(name.value))
        findings.error(
          'NAME_TAKEN',
          `"${name.value}" already names the output of the step on line ${all.get(name.value)}.`,
          name.range,
        );
      else all.set(name.value, line);
    }
    this.#all = all;
  }

  add(name: string, type: ValueType): void {
    if (!this.#all.has(name)) return;
    this.#known.set(name, type);
    this.#visible.add(name);
  }

  /** Reads a branch: it does not see the outputs of the branches beside it. */
  inside<Result>(read: () => Result): Result {
    const before = this.#visible;
    const beside = this.#beside;
    this.#visible = new Set(before);
    this.#beside = new Set();
    const result = read();
    this.#beside = new Set([...beside, ...[...this.#visible].filter((name) => !before.has(name))]);
    this.#visible = before;
    return result;
  }

  /** After the last branch: the steps that follow see the outputs of all. */
  join(): void {
    for (const name of this.#beside) this.#visible.add(name);
    this.#beside = new Set();
  }

  /** Forgets the order: `catch` and `finally` see every name, whether or not the step came to run. */
  showAll(): void {
    this.#visible = new Set(this.#known.keys());
  }

  visible(scope: Scope): Scope {
    const variables = Object.fromEntries([...this.#visible].map((name) => [name, this.#known.get(name)!]));
    const later = [...this.#all].filter(([name]) => !this.#visible.has(name));
    const reasons = later.map(
      ([name, line]) => [name, `it is the output of the step on line ${line}, which has not run by then.`] as const,
    );
    return scope.with(variables).without(Object.fromEntries(reasons));
  }
}

interface OutputName {
  readonly value: string;
  readonly range: SourceNode['range'];
}

function* namesIn(node: SourceNode): Generator<OutputName> {
  if (node.kind === 'sequence') {
    for (const item of node.items) yield* namesIn(item);
  } else if (node.kind === 'mapping') {
    for (const { key, value } of node.entries) {
      if (key === 'as' && value.kind === 'scalar' && typeof value.value === 'string')
        yield { value: value.value, range: value.range };
      else if (['choose', 'parallel', 'repeat', 'then', 'else'].includes(key)) yield* namesIn(value);
    }
  }
}
