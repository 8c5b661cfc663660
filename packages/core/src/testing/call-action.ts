import { actionDescriptionOf, type Action } from '../actions/action.js';
import { coreError } from '../diagnostics/core-errors.js';
import { TestLogger } from './test-logger.js';

/**
 * Calls an action of a plugin as the engine does: its input is checked and completed by its schema, and so is its output.
 *
 * @param action an instance of a class that is marked with @action
 * @param input as the file would give it
 * @param signal aborted when the run is; default never
 * @throws DeviceError `CONTRACT_BROKEN` when the class is not marked, or input or output do not fit their schemas
 * @throws what the action throws
 */
export async function callAction<Output>(
  action: Action<never, Output>,
  input: unknown,
  signal: AbortSignal = new AbortController().signal,
): Promise<Output> {
  const description = actionDescriptionOf(action.constructor);
  if (!description) throw coreError('CONTRACT_BROKEN', `${action.constructor.name} is not marked with @action.`);
  const { name } = description;
  const parsed = description.input.safeParse(input);
  if (!parsed.success) throw coreError('CONTRACT_BROKEN', `${name} does not take this input: ${parsed.error.message}`);
  const output = await action.run(parsed.data as never, {
    signal,
    log: new TestLogger(() => {}),
    rule: 'test',
    run: 'test',
    attempt: 1,
    idempotencyKey: 'test',
    held: false,
  });
  const checked = description.output?.safeParse(output);
  if (checked && !checked.success)
    throw coreError('CONTRACT_BROKEN', `${name} gives what its schema does not allow: ${checked.error.message}`);
  return output;
}
