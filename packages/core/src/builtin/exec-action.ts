import { action, type Action, type ActionContext } from '../actions/action.js';
import { coreError } from '../diagnostics/core-errors.js';
import { z } from '../schemas/schema.js';
import { ChildProcesses, type ProgramResult } from './child-processes.js';

/** Characters of a program's last words that a message holds: a line has no end where no line feed is. */
const longestLine = 500;

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
  constructor(private readonly processes: ChildProcesses) {}

  async run(call: z.output<typeof input>, context: ActionContext): Promise<z.output<typeof output>> {
    const program = call.command[0]!;
    const result = await this.start(program, call, context);
    const { code, stdout, stderr, truncated } = result;
    if (code === null || !call['success-exit-status'].includes(code)) {
      const ending = code === null ? `was ended by ${result.signal}` : `ended with code ${code}`;
      throw coreError('EXEC_FAILED', `${program} ${ending}${lastLine(stderr)}`);
    }
    return { code, stdout, stderr, truncated };
  }

  private async start(
    program: string,
    { command, env, cwd, stdin }: z.output<typeof input>,
    { signal, rule, run, idempotencyKey }: ActionContext,
  ): Promise<ProgramResult> {
    try {
      return await this.processes.run({ command, env, cwd, stdin, caller: { rule, run, idempotencyKey } }, signal);
    } catch (cause) {
      throw coreError('EXEC_NOT_STARTED', `${program} could not be started: ${(cause as Error).message}`, { cause });
    }
  }
}

function lastLine(stderr: string): string {
  const line = stderr.trimEnd().split('\n').at(-1)?.trim();
  if (!line) return '.';
  return line.length > longestLine ? `: ${line.slice(0, longestLine)}…` : `: ${line}`;
}
