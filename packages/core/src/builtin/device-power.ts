import { multiInject, optional } from 'inversify';
import { action, type Action, type ActionContext } from '../actions/action.js';
import { PowerAttempts } from '../actions/power-attempts.js';
import type { ProvidedPowerControl } from '../actions/power-control.js';
import { superviseAttempt } from '../actions/supervised-attempt.js';
import { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import { describeError } from '../diagnostics/user-message.js';
import { contributionsTo } from '../plugins/contributions.js';
import { z } from '../schemas/schema.js';

/** What `available` of a control may take. */
const patience = Duration.parse('10s');

const input = z.strictObject({});
const output = z.object({ control: z.string().describe('The power control that accepted it') });

type Input = z.output<typeof input>;
type Output = z.output<typeof output>;

const common = { input, output, carriedOutBy: 'powerControls' as const };

/**
 * Asks the power controls of the plugins in the order of their ranks, until one accepts. Each call goes on after the controls
 * that were asked before for the same intent: whoever calls does so again when an accepted request is lost.
 */
abstract class PowerAction implements Action<Input, Output> {
  protected abstract readonly method: 'reboot' | 'shutdown';

  constructor(
    private readonly clock: Clock,
    private readonly attempts: PowerAttempts,
    private readonly controls: readonly ProvidedPowerControl[] = [],
  ) {}

  /**
   * @throws DeviceError `POWER_CONTROL_MISSING`, `POWER_UNREACHABLE`, those of {@link PowerAttempts.begin}, and what a control
   *   that is not unreachable rejects with
   */
  async run(_input: Input, context: ActionContext): Promise<Output> {
    if (this.controls.length === 0) {
      throw coreError(
        'POWER_CONTROL_MISSING',
        `No plugin in use brings a power control: nobody can be asked for a ${this.method}.`,
      );
    }
    const left = this.#leftToAsk(context);
    const reasons: string[] = [];
    for (const [index, control] of left.entries()) {
      const reason =
        (await this.#reasonAgainst(control, context)) ?? (await this.#ask(control, index === left.length - 1, context));
      if (reason === undefined) return { control: control.description.name };
      context.log.warn(`${control.description.name} cannot be asked for a ${this.method}: ${reason}`);
      reasons.push(`${control.description.name}: ${reason}`);
    }
    const why = reasons.length > 0 ? reasons.join('; ') : 'each was asked before';
    throw coreError('POWER_UNREACHABLE', `No power control could be asked for a ${this.method}. ${why}`);
  }

  #leftToAsk({ idempotencyKey }: ActionContext): readonly ProvidedPowerControl[] {
    const spent = this.attempts.spent(idempotencyKey);
    const left = this.controls.filter(({ description }) => !spent.includes(description.name));
    return left.sort((one, other) => one.description.rank - other.description.rank);
  }

  /** Why the control says that it cannot be asked. */
  async #reasonAgainst({ description, instance }: ProvidedPowerControl, { signal }: ActionContext) {
    const limits = { name: `available of ${description.name}`, timeout: patience, signal, clock: this.clock };
    const answer = await superviseAttempt((own) => instance.available(own), limits);
    signal.throwIfAborted();
    if (answer.kind === 'failed') return describeError(answer.error).message;
    if (answer.kind !== 'succeeded') return `it did not say within ${patience} whether it is available`;
    // Plain JavaScript may leave the reason out.
    const { available, reason } = answer.output as { readonly available: boolean; readonly reason?: string };
    return available ? undefined : (reason ?? 'it says that it is not available');
  }

  /**
   * Makes one request, once it is on record.
   * @returns why it did certainly not arrive
   */
  async #ask(
    { description, instance }: ProvidedPowerControl,
    isLast: boolean,
    { idempotencyKey, signal, log }: ActionContext,
  ): Promise<string | undefined> {
    const { name, unreachable } = description;
    await this.attempts.begin(idempotencyKey, name, isLast);
    // The record took its time: who gave the call up meanwhile must not be surprised by it.
    signal.throwIfAborted();
    log.info(`${name} is asked for a ${this.method} of the machine.`);
    try {
      await instance[this.method](signal);
      return undefined;
    } catch (error) {
      // A call that was given up is not gone on with in the background.
      if (signal.aborted || (error instanceof DeviceError && error.isUncertain)) throw error;
      const isUnreachable = error instanceof DeviceError && unreachable.includes(error.code);
      this.attempts.refused(idempotencyKey, isUnreachable ? 'unreachable' : 'blocked');
      if (!isUnreachable) throw error;
      return error.message;
    }
  }
}

@action({
  ...common,
  name: 'device.reboot',
  summary: 'Reboot the machine, by the first power control of the plugins that can.',
  effects: ['reboot'],
})
export class DeviceReboot extends PowerAction {
  protected readonly method = 'reboot';

  constructor(
    clock: Clock,
    attempts: PowerAttempts,
    @multiInject(contributionsTo('powerControls')) @optional() controls?: readonly ProvidedPowerControl[],
  ) {
    super(clock, attempts, controls);
  }
}

@action({
  ...common,
  name: 'device.shutdown',
  summary:
    'Shut the machine down, by the first power control of the plugins that can; it needs a hand, or a clock, to come back.',
  effects: ['shutdown'],
})
export class DeviceShutdown extends PowerAction {
  protected readonly method = 'shutdown';

  constructor(
    clock: Clock,
    attempts: PowerAttempts,
    @multiInject(contributionsTo('powerControls')) @optional() controls?: readonly ProvidedPowerControl[],
  ) {
    super(clock, attempts, controls);
  }
}
