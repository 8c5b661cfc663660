import { coreError } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import type { Bindings, Expression } from '../expressions/expression.js';

/** What a condition says. Besides true and false it may not be known (a stream is lost), or fail to evaluate. */
export type Truth =
  | { readonly is: 'true' }
  | { readonly is: 'false' }
  | { readonly is: 'lost'; readonly detail: string }
  | { readonly is: 'faulted'; readonly error: unknown };

/** What a condition says that reads states alone, as they are at this moment. */
export function liveTruth(
  condition: Expression,
  states: { bindings(names: Iterable<string>): Bindings },
  secrets: Bindings,
): Truth {
  return truthOf(condition, () => Object.assign(states.bindings(condition.dependencies), { secrets }));
}

/** @param bindings may throw `STREAM_LOST`, which is an answer too */
export function truthOf(condition: Expression, bindings: () => Bindings): Truth {
  try {
    const value = condition.evaluate(bindings());
    if (typeof value === 'boolean') return { is: value ? 'true' : 'false' };
    throw coreError('CONDITION_NOT_BOOLEAN', `"${condition.source.text}" gave ${JSON.stringify(value)}.`);
  } catch (error) {
    if (error instanceof DeviceError && error.code === 'STREAM_LOST') return { is: 'lost', detail: error.message };
    return { is: 'faulted', error };
  }
}
