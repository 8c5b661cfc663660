import type { ActionContext } from '../actions/action.js';
import type { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import { endingOf } from './program-ending.js';

export interface ProgramCall {
  /** The program and its arguments, one entry each: no shell reads them. */
  readonly command: readonly string[];
  /** Variables beside those of the engine, whose own secrets (`DEVICERC_SECRET_…`) are not handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: that of the engine. */
  readonly cwd?: string | undefined;
  /** Text for its standard input. Default: none. */
  readonly stdin?: string | undefined;
  /** Bytes that are kept of each of its outputs, the last ones. Default 64 KiB. */
  readonly outputLimit?: number;
  /** After that its group is ended as by `signal`. Default: it may take as long as it likes. */
  readonly timeout?: Duration;
  /** Ends its process group: SIGTERM, and two seconds later SIGKILL for those that ignore it. */
  readonly signal?: AbortSignal;
  /** The context of the action that it works for: after a kill of the engine, that step knows what became of its program. */
  readonly caller?: Pick<ActionContext, 'rule' | 'run' | 'idempotencyKey'>;
}

export interface ProgramResult {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether more was written than is kept. */
  readonly truncated: boolean;
}

/**
 * Programs of the container, by constructor injection. Each runs in a process group and a session of its own, and none is left
 * behind: it ends with its plugin, by the kernel with the engine (where there is a setpriv(1) of util-linux), and by the next
 * engine when this one was killed.
 */
export abstract class Programs {
  /**
   * Runs a program to its end, whatever its exit code. One that `signal` ended has no code.
   * @throws DeviceError `PROGRAM_NOT_STARTED`, `PROGRAM_TIMEOUT`, and `PROGRAM_STUCK` when not even SIGKILL ends it, as where the
   *   kernel waits for a disk that is gone: it is left behind
   */
  abstract run(call: ProgramCall): Promise<ProgramResult>;

  /**
   * Runs a program that has to succeed, and gives back what it wrote to its standard output.
   * @throws DeviceError as `run`; `PROGRAM_FAILED` with the last line of its errors when its exit code is not 0
   */
  async output(call: ProgramCall): Promise<string> {
    const result = await this.run(call);
    if (result.code !== 0) throw coreError('PROGRAM_FAILED', endingOf(call.command, result));
    return result.stdout;
  }
}
