import { action, type Action, type ActionContext } from '../actions/action.js';
import { coreError } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import { endingOf } from '../programs/program-ending.js';
import { Programs, type ProgramResult } from '../programs/programs.js';
import { z } from '../schemas/schema.js';

/** YAML reads `sleep 5` as a text and a number; a program only knows texts. */
const word = z.union([z.string(), z.number(), z.boolean()]).transform(String).pipe(z.string());

const input = z.object({
  command: z.array(word).min(1).describe('The program and its arguments, one entry each; no shell reads them'),
  env: z.record(z.string(), word).default({}).describe('Variables beside those of the engine'),
  cwd: z.string().optional().describe('Working folder'),
  stdin: z.string().optional().describe('Text for its standard input'),
  'success-exit-status': z
    .array(z.number().int().min(0).max(255))
    .default([0])
    .describe('Exit codes that are no failure of the step'),
});

const output = z.object({
  code: z.number().describe('Exit code'),
  stdout: z.string().describe('The last 64 KiB'),
  stderr: z.string().describe('The last 64 KiB'),
  truncated: z.boolean().describe('Whether output was cut off'),
});

@action({
  name: 'exec',
  summary: 'Runs a program, without a shell. A non-zero exit code fails the step.',
  effects: ['exec'],
  holds: true,
  input,
  output,
})
export class ExecAction implements Action<z.output<typeof input>, z.output<typeof output>> {
  constructor(private readonly programs: Programs) {}

  async run(call: z.output<typeof input>, context: ActionContext): Promise<z.output<typeof output>> {
    const result = await this.#start(call, context);
    const { code, stdout, stderr, truncated } = result;
    if (code === null || !call['success-exit-status'].includes(code)) {
      throw coreError('EXEC_FAILED', endingOf(call.command, result));
    }
    return { code, stdout, stderr, truncated };
  }

  async #start(
    { command, env, cwd, stdin }: z.output<typeof input>,
    { signal, rule, run, idempotencyKey }: ActionContext,
  ): Promise<ProgramResult> {
    try {
      return await this.programs.run({ command, env, cwd, stdin, signal, caller: { rule, run, idempotencyKey } });
    } catch (error) {
      if (!(error instanceof DeviceError) || error.code !== 'PROGRAM_NOT_STARTED') throw error;
      throw coreError('EXEC_NOT_STARTED', error.message, { cause: error });
    }
  }
}
