import type { Refused } from './admission.js';
import type { Truth } from './truth.js';

/** What the `if` of a rule forbids; undefined where it lets the run start. */
export function conditionRefusal(truth: Truth | undefined): Refused | undefined {
  switch (truth?.is) {
    case undefined:
    case 'true':
      return undefined;
    case 'false':
      return { admitted: false, reason: 'condition', detail: 'its if is false' };
    case 'lost':
      return { admitted: false, reason: 'condition', detail: truth.detail };
    case 'faulted':
      return { admitted: false, reason: 'faulted', detail: 'its if failed to evaluate' };
  }
}
