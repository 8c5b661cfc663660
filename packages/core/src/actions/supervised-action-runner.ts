import { pauseAfter } from '../clock/backoff.js';
import type { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import type { Logger } from '../diagnostics/logger.js';
import { ActionRunner, idempotencyKeyOf, type ActionCall, type RetryPolicy } from './action-runner.js';
import type { Action, ActionDescription, Effect } from './action.js';
import { superviseAttempt, type AttemptOutcome } from './supervised-attempt.js';

/** For calls that give none. */
const defaultTimeout = Duration.parse('1m');

/** An action of a started plugin. */
export interface ProvidedAction {
  readonly description: ActionDescription;
  readonly instance: Action;
  readonly plugin: string;
}

export class SupervisedActionRunner extends ActionRunner {
  constructor(
    private readonly resolve: (name: string) => ProvidedAction | undefined,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly random: () => number = Math.random,
  ) {
    super();
  }

  override effectsOf(action: string): readonly Effect[] {
    return this.#provided(action).description.effects;
  }

  override async run(call: ActionCall): Promise<unknown> {
    const provided = this.#provided(call.action);
    const input = await parsedInput(call, provided.description);
    const log = this.log.child({ action: call.action, plugin: provided.plugin, rule: call.rule, run: call.run });
    const idempotencyKey = idempotencyKeyOf(call);
    let mayHaveHappened = false;
    for (let attempt = 1; ; attempt++) {
      if (call.signal.aborted) throw abortedError(call, mayHaveHappened);
      const number = attempt + (call.attempt ?? 1) - 1;
      const { rule, run, held = false } = call;
      const outcome = await superviseAttempt(
        (signal) => provided.instance.run(input, { signal, log, rule, run, attempt: number, idempotencyKey, held }),
        { name: call.action, timeout: call.timeout ?? defaultTimeout, signal: call.signal, clock: this.clock },
      );
      if (outcome.kind === 'succeeded') return outcome.output;
      if ('left' in outcome && outcome.left !== undefined) this.#reportLeft(call.action, outcome.left, log);
      const error = errorOf(call, outcome);
      if (!call.retry || attempt >= call.retry.attempts || !mayRepeat(outcome, error, provided.description))
        throw error;
      mayHaveHappened ||= error.isUncertain;
      await this.#pause(call, call.retry, attempt, error, log);
    }
  }

  #provided(name: string): ProvidedAction {
    const provided = this.resolve(name);
    if (!provided) throw coreError('ACTION_UNKNOWN', `There is no action "${name}".`);
    return provided;
  }

  /** Ends early when the call is aborted. */
  async #pause(call: ActionCall, retry: RetryPolicy, attempt: number, error: DeviceError, log: Logger): Promise<void> {
    const pause = pauseAfter(attempt, retry, this.random);
    log.warn(`Attempt ${attempt} of ${retry.attempts} failed: ${error.message} The next is in ${pause}.`, {
      step: call.step,
      code: error.code,
    });
    call.paused?.(true);
    await this.clock.sleep(pause, `retry of ${call.action}`, call.signal).catch(() => undefined);
    call.paused?.(false);
  }

  #reportLeft(action: string, left: Promise<void>, log: Logger): void {
    log.warn(`${action} ignores its signal: it is left behind and goes on in the background.`);
    void left.then(() => log.info(`${action}, which was left behind, has ended.`));
  }
}

/** Whether it rebooted is not known, such as after a timeout, and it must not do so twice. */
function mayRepeat(outcome: AttemptOutcome, { isUncertain }: DeviceError, { effects }: ActionDescription): boolean {
  const isDisruptive = effects.includes('reboot') || effects.includes('shutdown');
  return outcome.kind !== 'aborted' && !(isDisruptive && isUncertain);
}

/**
 * The input as the action gets it.
 * @throws DeviceError `ACTION_INPUT_INVALID`
 */
export async function parsedInput(
  call: Pick<ActionCall, 'action' | 'input'>,
  { input }: ActionDescription,
): Promise<unknown> {
  const parsed = await input.safeParseAsync(call.input);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  throw coreError('ACTION_INPUT_INVALID', `${call.action} cannot take its input. ${faults.join('; ')}.`, {
    isFinal: true,
  });
}

function errorOf(call: ActionCall, outcome: Exclude<AttemptOutcome, { kind: 'succeeded' }>): DeviceError {
  switch (outcome.kind) {
    case 'aborted':
      return abortedError(call, true);
    case 'timed-out':
      return coreError('ACTION_TIMEOUT', `${call.action} did not end within ${call.timeout ?? defaultTimeout}.`, {
        isUncertain: true,
      });
    case 'failed':
      return failedError(call, outcome.error);
  }
}

/** An error of a plugin's own table keeps its code, so that `catch` can tell it from others. */
function failedError(call: ActionCall, error: unknown): DeviceError {
  if (error instanceof DeviceError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return coreError('ACTION_FAILED', `${call.action} failed: ${reason}`, { cause: error });
}

function abortedError(call: ActionCall, isUncertain: boolean): DeviceError {
  return coreError('ACTION_ABORTED', `${call.action} was aborted with its run.`, { isUncertain });
}
