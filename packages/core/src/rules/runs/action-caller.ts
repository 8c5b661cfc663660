import { type ActionCall, idempotencyKeyOf } from '../../actions/action-runner.js';
import type { Effect } from '../../actions/action.js';
import type { LimitModel, RuleModel, StepModel } from '../../config/rule-model.js';
import { DeviceError } from '../../diagnostics/device-error.js';
import type { Intent } from '../disruption-guard.js';
import { isDisruptive } from '../reachable-actions.js';
import type { RuleRuntime } from '../rule-runtime.js';
import { interruption, MachineRestarted, RunParked } from './failures.js';
import type { RunJournal } from './run-journal.js';
import type { Scope } from './scope.js';
import type { StepRecorder } from './trace-recorder.js';

/** Refusals of a disruptive call that pass by themselves. */
const passing: readonly string[] = ['SAFE_MODE', 'DISRUPTION_UNDER_WAY', 'DISRUPTION_UNRECORDED'];

type DoStep = Extract<StepModel, { readonly kind: 'do' }>;

/** Calls actions for the steps of one run. */
export class ActionCaller {
  #callsAtWork = 0;
  #pauses = 0;

  constructor(
    private readonly runtime: RuleRuntime,
    private readonly rule: RuleModel,
    private readonly run: string,
    private readonly journal: RunJournal,
  ) {}

  /** Whether an action has been called, or is about to be, and has not ended; one that pauses before its next attempt waits. */
  get isAtWork(): boolean {
    return this.#callsAtWork > this.#pauses;
  }

  async call(step: DoStep, scope: Scope, signal: AbortSignal, trace: StepRecorder): Promise<void> {
    this.#callsAtWork += 1;
    try {
      await this.#call(step, scope, signal, trace);
    } catch (error) {
      throw signal.reason instanceof RunParked ? signal.reason : error;
    } finally {
      this.#callsAtWork -= 1;
    }
  }

  async #call(step: DoStep, scope: Scope, signal: AbortSignal, trace: StepRecorder): Promise<void> {
    const { call, as, timeout, retry } = step;
    const place = scope.placeOf(step.path);
    const effects = this.rule.shadow ? [] : this.runtime.actions.effectsOf(call.action);
    const isInterrupted = this.journal.progress.takeInterruption(step.path);
    if (isDisruptive(effects) && this.journal.isOfFormerBoot) {
      throw new MachineRestarted(
        `The machine was started again since the run was asked for: ${call.action} is not called.`,
      );
    }
    if (isInterrupted) this.#settle(step, place, effects);
    const input = scope.evaluate(call.input);
    trace.input(input);
    if (this.rule.shadow) {
      if (as !== undefined) scope.unknown.push(as);
      return;
    }
    this.journal.call();
    const intent = isDisruptive(effects) ? await this.#announce(call.action, place, signal) : undefined;
    const actionCall: ActionCall = {
      action: call.action,
      input,
      rule: this.rule.name,
      run: this.run,
      step: place,
      signal,
      paused: (isPaused) => this.#paused(step, isPaused),
      ...(timeout && { timeout }),
      ...(retry && { retry }),
    };
    const output = intent
      ? await this.#takeDown(intent, actionCall, step, trace)
      : await this.runtime.actions.run(actionCall);
    if (!intent) trace.output(output);
    if (as !== undefined) this.journal.keepOutput(as, output);
  }

  /** On record as begun from then on, so that the next engine does not ask its `if` again. */
  #paused({ path }: DoStep, isPaused: boolean): void {
    this.#pauses += isPaused ? 1 : -1;
    if (isPaused) this.journal.progress.note(path, {});
  }

  /** A call that the end of the engine cut off is made again only if its receiver can recognise the second one. */
  #settle({ call: { action } }: DoStep, step: string, effects: readonly Effect[]): void {
    if (effects.includes('notify')) return;
    throw interruption(action, this.runtime.fateOf(idempotencyKeyOf({ run: this.run, step })));
  }

  async #announce(action: string, step: string, signal: AbortSignal): Promise<Intent> {
    const limit = defaultLimitOf(this.rule);
    const call = { rule: this.rule.name, run: this.run, step, action, ...(limit && { limit }) };
    const intent = await this.runtime.disruptions.announce(call).catch((error: unknown) => {
      this.journal.putOff(error instanceof DeviceError && passing.includes(error.code));
      throw error;
    });
    this.journal.putOff(false);
    if (signal.aborted) intent.blocked(signal.reason);
    signal.throwIfAborted();
    return intent;
  }

  /**
   * Calls the action, and again where it has another way and the one before is lost: all of that is one intent. Code after a
   * disruptive call may never run.
   */
  async #takeDown(intent: Intent, call: ActionCall, step: DoStep, trace: StepRecorder): Promise<unknown> {
    // An engine that stopped meanwhile leaves the waiting to this one.
    await this.#untilLost(intent, step, call.signal);
    for (;;) {
      const answer = await this.#called(intent, call);
      if ('output' in answer) trace.output(answer.output);
      if (await this.#untilLost(intent, step, call.signal)) continue;
      if ('output' in answer) return answer.output;
      throw answer.uncertain;
    }
  }

  async #called(
    intent: Intent,
    call: ActionCall,
  ): Promise<{ readonly output: unknown } | { readonly uncertain: DeviceError }> {
    try {
      const output = await this.runtime.actions.run(call);
      intent.accepted();
      return { output };
    } catch (error) {
      if (!(error instanceof DeviceError) || !error.isUncertain) {
        intent.blocked(error);
        throw error;
      }
      intent.unanswered();
      return { uncertain: error };
    }
  }

  /**
   * The run only waits meanwhile, so that a stop of the engine leaves it to the next one.
   * @returns false, at once, where there is no other way
   */
  async #untilLost(intent: Intent, step: DoStep, signal: AbortSignal): Promise<boolean> {
    const lost = intent.whenLost(signal);
    if (!lost) return false;
    this.#paused(step, true);
    this.journal.progress.note(step.path, { asked: true });
    try {
      await lost;
      return true;
    } finally {
      this.#paused(step, false);
      if (!(signal.reason instanceof RunParked)) this.journal.progress.note(step.path, { asked: false });
    }
  }
}

/** It stands at the rule or at its rungs, and counts for all of the rule. */
function defaultLimitOf({ limit, rungs }: RuleModel): LimitModel | undefined {
  return [limit, ...rungs.map((rung) => rung.limit)].find((candidate) => candidate?.isDefault);
}
