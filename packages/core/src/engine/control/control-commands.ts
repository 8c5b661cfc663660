import { coreError } from '../../diagnostics/core-errors.js';
import { didYouMean } from '../../diagnostics/suggestion.js';
import { dynamic, z } from '../../schemas/schema.js';
import type { Engine } from '../engine.js';
import { plainAnswer } from '../plain-answer.js';
import type { SecretMask } from '../secret-mask.js';
import { controlRequest, controlVersion } from './protocol.js';

interface ControlCommand {
  readonly input: z.ZodType;
  /** The result as JSON has it, with secrets masked. */
  readonly run: (input: never) => unknown;
}

const noInput = z.strictObject({});
const rule = z.string();

/** The commands by name; each takes what its schema says. */
function commandsOf(engine: Engine, mask: SecretMask): Readonly<Record<string, ControlCommand>> {
  const { view } = engine;
  const command = <Input extends z.ZodType>(
    input: Input,
    run: (input: z.output<Input>) => unknown,
  ): ControlCommand => ({
    input,
    run: async (given: z.output<Input>) => plainAnswer(await run(given), mask),
  });
  return {
    health: command(noInput, () => ({ state: engine.state })),
    status: viewed(noInput, () => view.status()),
    why: viewed(z.strictObject({ rule }), (input) => view.why(input.rule)),
    traces: viewed(noInput, () => view.traces()),
    trace: viewed(z.strictObject({ run: z.string().min(1) }), ({ run }) => view.trace(run)),
    reload: command(noInput, () => engine.reload()),
    emit: command(z.strictObject({ event: z.string().min(1), data: dynamic().optional() }), ({ event, data }) => {
      engine.emit(event, data ?? null);
      return { event };
    }),
    outbox: command(noInput, () => ({ now: engine.status().now, ...engine.outbox() })),
    'safe-mode-off': command(noInput, () => {
      const { active } = engine.status().safeMode;
      engine.leaveSafeMode();
      return { left: active };
    }),
    try: command(z.strictObject({ rule, event: dynamic().optional() }), (input) =>
      engine.dryRun(input.rule, 'event' in input ? { event: input.event } : undefined),
    ),
  };
}

/** Answers the requests of the control socket. Results are plain JSON with secrets masked. */
export class ControlCommands {
  readonly #commands: Readonly<Record<string, ControlCommand>>;

  constructor(engine: Engine, mask: SecretMask) {
    this.#commands = commandsOf(engine, mask);
  }

  /** @throws DeviceError `CONTROL_REQUEST`, `CONTROL_VERSION`, and those of the command */
  async answer(request: unknown): Promise<unknown> {
    const { version, command: name, with: input } = checked(controlRequest, request, 'the request');
    if (version !== controlVersion) {
      throw coreError(
        'CONTROL_VERSION',
        `The command speaks version ${version} of the control protocol, the engine version ${controlVersion}.`,
      );
    }
    const found = Object.hasOwn(this.#commands, name) ? this.#commands[name] : undefined;
    if (!found) {
      const meant = didYouMean(name, Object.keys(this.#commands));
      const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
      throw coreError('CONTROL_REQUEST', `There is no command "${name}".${hint}`);
    }
    return found.run(checked(found.input, input, `with of ${name}`) as never);
  }
}

/** What the view answers is masked and plain already. */
function viewed<Input extends z.ZodType>(input: Input, run: (input: z.output<Input>) => unknown): ControlCommand {
  return { input, run };
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue && issue.path.length > 0 ? ` at ${issue.path.join('.')}` : '';
  throw coreError('CONTROL_REQUEST', `${what} is malformed${place}: ${issue?.message ?? 'it does not fit'}.`);
}
