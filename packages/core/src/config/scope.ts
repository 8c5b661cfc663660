import type { Variables } from '../expressions/expression.js';

/** The names that an expression may read at one place, and why it may not read others that it could at another place. */
export class Scope {
  constructor(
    readonly variables: Variables,
    readonly unavailable: ReadonlyMap<string, string> = new Map(),
  ) {}

  with(variables: Variables): Scope {
    return new Scope({ ...this.variables, ...variables }, this.unavailable);
  }

  without(reasons: Readonly<Record<string, string>>): Scope {
    const variables = Object.entries(this.variables).filter(([name]) => !Object.hasOwn(reasons, name));
    return new Scope(Object.fromEntries(variables), new Map([...this.unavailable, ...Object.entries(reasons)]));
  }

  /** Why the name has no value here; undefined when it has one, or is not known at all. */
  whyNot(name: string): string | undefined {
    return Object.hasOwn(this.variables, name) ? undefined : this.unavailable.get(name);
  }
}
