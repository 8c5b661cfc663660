import type { Clock } from '../../clock/clock.js';
import { coreError } from '../../diagnostics/core-errors.js';
import type { RuleModel } from '../../config/rule-model.js';
import type { Bindings, Expression, Template } from '../../expressions/expression.js';
import type { Firing } from '../firing.js';
import type { RuleStates } from '../rule-states.js';

/** In a shadowed rule: an expression needs the output of an action that was not called. */
export class UnknownOutput extends Error {}

/** What every step of a run can read of what started it. */
export function namesOf(
  { name, trigger }: RuleModel,
  { heldFor, since, trigger: event }: Firing,
  key: string,
  secrets: Readonly<Record<string, string>>,
): Bindings {
  const rule = since ? { name, heldFor, since } : { name, heldFor };
  return trigger.kind === 'event' ? { secrets, rule, key, event, trigger: event } : { secrets, rule, key };
}

/** The names that the steps of one run can read: live states, the snapshot of the trigger, and outputs of former steps. */
export class Scope {
  constructor(
    private readonly states: RuleStates,
    private readonly names: Bindings,
    /** Outputs by their name under `as`; steps add to it. */
    readonly outputs: Record<string, unknown> = {},
    /** Names whose value is unknown because a shadowed step would have given it. */
    readonly unknown: string[] = [],
    /** Indexes of the rounds of the `repeat` steps around, the outermost first. */
    private readonly rounds: readonly number[] = [],
  ) {}

  /** The same scope with more names; outputs are shared. */
  with(names: Bindings): Scope {
    return new Scope(this.states, { ...this.names, ...names }, this.outputs, this.unknown, this.rounds);
  }

  /** The same scope in one round of a `repeat` step. */
  inRound(index: number): Scope {
    const names = { ...this.names, repeat: { index } };
    return new Scope(this.states, names, this.outputs, this.unknown, [...this.rounds, index]);
  }

  /** Whether what it reads may be decided on; if not, `ready` resolves when it may, or when the signal is aborted. */
  get isReady(): boolean {
    return this.states.isReady;
  }

  ready(signal: AbortSignal): Promise<void> {
    return this.states.ready(signal);
  }

  /** Timers that do not fire while something that it reads has to be read again. */
  get timers(): Pick<Clock, 'schedule'> {
    return this.states.catchUp;
  }

  /** The place of a step, different in each round of a `repeat`: `then[1].repeat[0]#2`. */
  placeOf(path: string): string {
    return this.rounds.length === 0 ? path : `${path}#${this.rounds.join('.')}`;
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
    for (const name of dependencies) if (this.unknown.includes(name)) throw new UnknownOutput(name);
    return Object.assign(this.states.bindings(dependencies), this.names, this.outputs);
  }

  /** Calls back when a state that the expression reads changes. The returned function ends it. */
  watch(expression: Expression, watcher: () => void): () => void {
    return this.states.watch(expression.dependencies, watcher);
  }
}
