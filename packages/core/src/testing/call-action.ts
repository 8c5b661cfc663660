import { actionDescriptionOf, type ActionContext } from '../actions/action.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { Written } from '../schemas/written.js';
import { TestLogger } from './test-logger.js';

/** What classes of actions have in common, whatever their types are. */
export interface Runnable {
  run(input: never, context: never): Promise<unknown>;
}

/** The input of an action as the file would give it, by what `run` of its class takes. Its schema has the last word. */
export type InputFor<Action> = Action extends { run(input: infer Input, ...rest: never[]): unknown }
  ? Written<Input>
  : never;

/** The output of an action, by what `run` of its class gives. */
export type OutputOf<Action> = Action extends { run(...given: never[]): Promise<infer Output> } ? Output : never;

/** How the engine calls: with `held` as a rule does that names the action under `hold`. Default as a step, and never aborted. */
export type CallOptions = Partial<Pick<ActionContext, 'signal' | 'held' | 'log'>>;

/**
 * Calls an action of a plugin as the engine does: its input is checked and completed by its schema, and so is its output.
 *
 * @param action an instance of a class that is marked with @action
 * @param input as the file would give it
 * @throws DeviceError `CONTRACT_BROKEN` when the class is not marked, input or output do not fit their schemas, or it is to be
 * held and does not declare that it can be
 * @throws what the action throws
 */
export async function callAction<Action extends Runnable>(
  action: Action,
  input: InputFor<Action>,
  { signal = new AbortController().signal, held = false, log = new TestLogger(() => {}) }: CallOptions = {},
): Promise<OutputOf<Action>> {
  const description = actionDescriptionOf(action.constructor);
  if (!description) throw coreError('CONTRACT_BROKEN', `${action.constructor.name} is not marked with @action.`);
  const { name, holds = false } = description;
  if (held && !holds) throw coreError('CONTRACT_BROKEN', `${name} does not declare that it can be held: holds: true.`);
  const parsed = description.input.safeParse(input);
  if (!parsed.success) throw coreError('CONTRACT_BROKEN', `${name} does not take this input: ${parsed.error.message}`);
  const call = { rule: 'test', run: 'test', attempt: 1, idempotencyKey: 'test' };
  const context: ActionContext = { ...call, signal, held, log };
  const output = (await action.run(parsed.data as never, context as never)) as OutputOf<Action>;
  // Under `hold` nobody reads it.
  const checked = held ? undefined : description.output?.safeParse(output);
  if (checked && !checked.success)
    throw coreError('CONTRACT_BROKEN', `${name} gives what its schema does not allow: ${checked.error.message}`);
  return output;
}
