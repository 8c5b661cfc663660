import { coreError } from '../../diagnostics/core-errors.js';
import type { Bindings, Expression, Template } from '../../expressions/expression.js';
import type { RuleStates } from '../rule-states.js';

/** In a shadowed rule: an expression needs the output of an action that was not called. */
export class UnknownOutput extends Error {}

/** The names that the steps of one run can read: live states, the snapshot of the trigger, and outputs of former steps. */
export class Scope {
  constructor(
    private readonly states: RuleStates,
    private readonly names: Bindings,
    /** Outputs by their name under `as`; steps add to it. */
    readonly outputs: Record<string, unknown> = {},
    /** Names whose value is unknown because a shadowed step would have given it. */
    readonly unknown: Set<string> = new Set(),
  ) {}

  /** The same scope with more names; outputs are shared. */
  with(names: Bindings): Scope {
    return new Scope(this.states, { ...this.names, ...names }, this.outputs, this.unknown);
  }

  /** @throws DeviceError `EXPRESSION_FAILED`, `STREAM_LOST` */
  evaluate(expression: Expression | Template): unknown {
    return expression.evaluate(this.bindings(expression));
  }

  /** @throws DeviceError `EXPRESSION_FAILED`, `STREAM_LOST`, `CONDITION_NOT_BOOLEAN` */
  test(condition: Expression): boolean {
    const value = this.evaluate(condition);
    if (typeof value === 'boolean') return value;
    throw coreError('CONDITION_NOT_BOOLEAN', `"${condition.source.text}" gave ${JSON.stringify(value)}.`);
  }

  bindings({ dependencies }: Expression | Template): Bindings {
    for (const name of dependencies) if (this.unknown.has(name)) throw new UnknownOutput(name);
    return { ...this.states.bindings(dependencies), ...this.names, ...this.outputs };
  }

  /** Calls back when a state that the expression reads changes. The returned function ends it. */
  watch(expression: Expression, watcher: () => void): () => void {
    return this.states.watch(expression.dependencies, watcher);
  }
}
