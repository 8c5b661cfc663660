import { coreError } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { Span } from './span.js';

/** What one evaluation may cost: 10 ms of a PC, where a step takes about 10 ns. */
export const stepsPerEvaluation = 1_000_000;
/** To make a fault, which costs much more than to make a value. */
const stepsPerFault = 2_000;
const code = 'EXPRESSION_TOO_MUCH_WORK';

/**
 * The work that an evaluation has left. Work is counted in steps and not in time, so that the same expression comes to the
 * same end with the same data on every device. Only what grows with the data is counted: the size of an expression has a
 * bound of its own.
 */
export class WorkBudget {
  #left = stepsPerEvaluation;

  constructor(private readonly rangeOf: (at: Span) => SourceRange) {}

  /** For the walk over data that is still to be counted. */
  get left(): number {
    return this.#left;
  }

  /** A new evaluation begins. */
  renew(steps = stepsPerEvaluation): void {
    this.#left = steps;
  }

  /** @throws DeviceError `EXPRESSION_TOO_MUCH_WORK` at this part of the expression */
  spend(steps: number, at: Span): void {
    this.#left -= steps;
    if (this.#left >= 0) return;
    throw coreError(code, `The evaluation needs more than ${stepsPerEvaluation} steps with the data at hand.`, {
      range: this.rangeOf(at),
    });
  }

  /**
   * Lets an evaluation go on after a fault that another part may outweigh.
   * @throws DeviceError `EXPRESSION_TOO_MUCH_WORK`, which nothing outweighs: the work is done
   */
  passOver(fault: unknown, at: Span): void {
    if (fault instanceof DeviceError && fault.code === code) throw fault;
    this.spend(stepsPerFault, at);
  }
}
