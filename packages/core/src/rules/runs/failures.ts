import type { ProgramFate } from '../../programs/leftover-programs.js';
import { coreError } from '../../diagnostics/core-errors.js';
import type { DeviceError } from '../../diagnostics/device-error.js';
import { describeError } from '../../diagnostics/user-message.js';

/** A `stop` step ends the run on purpose. */
export class RunStopped extends Error {
  constructor(
    readonly reason: string,
    readonly failed: boolean,
  ) {
    super(reason);
  }
}

/**
 * A disruptive step of a run that began in a former boot: what it asks for has happened since, or was decided on readings of
 * a machine that is gone. The run has reached its end.
 */
export class MachineRestarted extends Error {}

/** The engine stops while the run only waits: the next engine goes on with it. */
export class RunParked extends Error {}

/** A step failed; carries the innermost place, which `error.step` in `catch` shows. */
export class StepFailed extends Error {
  constructor(
    readonly path: string,
    override readonly cause: unknown,
  ) {
    super(`${path} failed`);
  }
}

const fates: Readonly<Record<ProgramFate, string>> = {
  running: ' Its program was still there, and was ended.',
  remnants: ' Its program was no longer there; what that one had started was, and was ended.',
  gone: ' Its program was no longer there.',
};

/** The end of the engine cut off a call. */
export function interruption(action: string, fate: ProgramFate | undefined): DeviceError {
  const what = `The engine ended while ${action} was at work; whether it happened is unknown.`;
  return coreError('RUN_INTERRUPTED', `${what}${fate === undefined ? '' : fates[fate]}`);
}

interface Failure {
  readonly code: string;
  readonly message: string;
}

/** What a trace and `error` in `catch` show of something thrown; never a stack. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof StepFailed) return failureOf(thrown.cause);
  if (thrown instanceof RunStopped) return { code: 'RUN_STOPPED', message: thrown.reason };
  const { code, message } = describeError(thrown);
  return { code, message };
}
