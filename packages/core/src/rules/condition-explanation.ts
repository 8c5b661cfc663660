import type { Bindings, Expression, ExpressionCompiler, SubExpressionValue } from '../expressions/expression.js';
import type { Quality } from '../streams/reading.js';
import { valueOf, type RuleStates } from './rule-states.js';
import { failureOf } from './runs/failures.js';
import { truthOf, type Truth } from './truth.js';

/** A condition as it stands now: what it says, and the present value of each of its parts. */
export interface ConditionExplanation {
  readonly text: string;
  readonly is: Truth['is'];
  /** Why it is lost or faulted. */
  readonly detail?: string;
  /** Outermost first, the whole condition included. */
  readonly parts: readonly SubExpressionValue[];
  readonly reads: readonly {
    readonly stream: string;
    readonly quality: Quality;
    /** Boottime in milliseconds. */
    readonly since: number;
    readonly reason?: string;
  }[];
}

/** @param names what it may read besides the state streams, such as `event` */
export function explainCondition(
  condition: Expression,
  expressions: ExpressionCompiler,
  states: RuleStates,
  names: Bindings,
): ConditionExplanation {
  const readings = states.readings(condition.dependencies);
  const truth = truthOf(condition, () => ({ ...states.bindings(condition.dependencies), ...names }));
  const bindings: Record<string, unknown> = { ...names };
  for (const [name, reading] of readings) {
    // A part that reads a lost stream says so; the other parts have their values all the same.
    Object.defineProperty(bindings, name, { enumerable: true, get: () => valueOf(name, reading) });
  }
  return {
    text: condition.source.text,
    is: truth.is,
    ...(truth.is === 'lost' && { detail: truth.detail }),
    ...(truth.is === 'faulted' && { detail: failureOf(truth.error).message }),
    parts: expressions.explain(condition, bindings),
    reads: [...readings].map(([stream, { quality, since, reason }]) => ({
      stream,
      quality,
      since,
      ...(reason !== undefined && { reason }),
    })),
  };
}
