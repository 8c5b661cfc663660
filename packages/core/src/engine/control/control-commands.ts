import { coreError } from '../../diagnostics/core-errors.js';
import { didYouMean } from '../../diagnostics/suggestion.js';
import { dynamic, z } from '../../schemas/schema.js';
import type { RunTrace } from '../../rules/trace.js';
import type { IntentRecord } from '../boot-safety/intent-record.js';
import type { Engine } from '../engine.js';
import type { SecretMask } from '../secret-mask.js';
import { controlRequest, controlVersion } from './protocol.js';
import { statusReport } from './status-report.js';

interface ControlCommand {
  readonly input: z.ZodType;
  readonly run: (input: never) => unknown;
}

const noInput = z.strictObject({});
const rule = z.string();

/** The commands by name; each takes what its schema says. */
function commandsOf(engine: Engine, mask: SecretMask): Readonly<Record<string, ControlCommand>> {
  return {
    health: command(noInput, () => ({ state: engine.state })),
    status: command(noInput, () => statusReport(engine.status(), mask)),
    why: command(z.strictObject({ rule }), (input) => ({
      now: engine.status().now,
      explanation: engine.explain(input.rule),
      runs: engine.traces({ rule: input.rule, last: 5 }),
      intents: engine
        .intents()
        .filter((intent) => intent.rule === input.rule)
        .slice(-5),
    })),
    traces: command(noInput, () => ({
      now: engine.status().now,
      runs: engine.traces().map(withoutSteps),
      dropped: engine.tracesDropped,
    })),
    trace: command(z.strictObject({ run: z.string().min(1) }), ({ run }) => ({
      now: engine.status().now,
      ...runWithIntents(engine, run),
    })),
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

  constructor(
    engine: Engine,
    private readonly mask: SecretMask,
  ) {
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
    const result = await found.run(checked(found.input, input, `with of ${name}`) as never);
    return this.mask.structure(JSON.parse(JSON.stringify(result ?? null, plainItem)));
  }
}

function runWithIntents(
  engine: Engine,
  id: string,
): { readonly run: RunTrace; readonly intents: readonly IntentRecord[] } {
  const run = engine.trace(id);
  return { run, intents: engine.intents().filter((intent) => intent.run === run.id) };
}

function command<Input extends z.ZodType>(input: Input, run: (input: z.output<Input>) => unknown): ControlCommand {
  return { input, run: run as ControlCommand['run'] };
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue && issue.path.length > 0 ? ` at ${issue.path.join('.')}` : '';
  throw coreError('CONTROL_REQUEST', `${what} is malformed${place}: ${issue?.message ?? 'it does not fit'}.`);
}

function withoutSteps<Trace extends { readonly steps: readonly unknown[] }>({ steps, ...trace }: Trace) {
  return { ...trace, steps: steps.length };
}

/** What JSON has no form for. */
function plainItem(_key: string, item: unknown): unknown {
  return typeof item === 'bigint' ? item.toString() : item;
}
