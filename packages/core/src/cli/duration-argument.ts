import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';

/**
 * @param option its name, for the message
 * @throws DeviceError `ARGUMENT_MALFORMED`
 */
export function parseDuration(text: string, option: string): Duration {
  try {
    return Duration.parse(text);
  } catch {
    throw coreError('ARGUMENT_MALFORMED', `${option} takes a duration such as 30m or 2h; "${text}" is none.`);
  }
}
