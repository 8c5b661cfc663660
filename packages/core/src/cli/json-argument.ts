import { coreError } from '../diagnostics/core-errors.js';

/**
 * An argument of the command line that is to be JSON.
 * @param what it is, for the message
 * @throws DeviceError `ARGUMENT_MALFORMED`
 */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw coreError('ARGUMENT_MALFORMED', `${what} is not JSON: ${(error as Error).message}.`);
  }
}
