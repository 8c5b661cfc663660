import type { Bindings, Expression, SubExpressionValue } from '../expressions/expression.js';
import type { Quality } from '../streams/reading.js';
import { boundedValue } from './bounded-value.js';
import type { RuleRuntime } from './rule-runtime.js';
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

/** Characters of the value of each part that are shown: an event may be large, and many parts may hold all of it. */
const valueSize = 1_000;

/** @param names what it may read besides the state streams, such as `event` */
export function explainCondition(
  condition: Expression,
  { expressions, mask }: Pick<RuleRuntime, 'expressions' | 'mask'>,
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
    parts: expressions.explain(condition, bindings).map(({ value, error, ...part }) => ({
      ...part,
      value: boundedValue(value, valueSize, mask).value,
      ...(error !== undefined && { error: boundedValue(error, valueSize, mask).value as string }),
    })),
    reads: [...readings].map(([stream, { quality, since, reason }]) => ({
      stream,
      quality,
      since,
      ...(reason !== undefined && { reason }),
    })),
  };
}
