import type { ActionCall } from '../../actions/action-runner.js';
import type { StepModel } from '../../config/rule-model.js';
import type { Intent } from '../disruption-guard.js';
import type { RuleRuntime } from '../rule-runtime.js';
import type { Scope } from './scope.js';
import type { StepRecorder } from './trace-recorder.js';

type DoStep = Extract<StepModel, { readonly kind: 'do' }>;

/** Calls actions for the steps of one run. */
export class ActionCaller {
  constructor(
    private readonly runtime: RuleRuntime,
    private readonly rule: string,
    private readonly run: string,
    private readonly isShadow: boolean,
  ) {}

  async call(step: DoStep, scope: Scope, signal: AbortSignal, trace: StepRecorder): Promise<void> {
    const { call, as, timeout, retry } = step;
    const place = scope.placeOf(step.path);
    const input = scope.evaluate(call.input);
    trace.input(input);
    if (this.isShadow) {
      if (as !== undefined) scope.unknown.add(as);
      return;
    }
    const intent = this.#isDisruptive(call.action) ? await this.#announce(call.action, place, signal) : undefined;
    const output = await this.#called(intent, {
      action: call.action,
      input,
      rule: this.rule,
      run: this.run,
      step: place,
      signal,
      ...(timeout && { timeout }),
      ...(retry && { retry }),
    });
    trace.output(output);
    if (as !== undefined) scope.outputs[as] = output;
  }

  #isDisruptive(action: string): boolean {
    const effects = this.runtime.actions.effectsOf(action);
    return effects.includes('reboot') || effects.includes('shutdown');
  }

  async #announce(action: string, step: string, signal: AbortSignal): Promise<Intent> {
    const intent = await this.runtime.disruptions.announce({ rule: this.rule, run: this.run, step, action });
    if (signal.aborted) intent.blocked(signal.reason);
    signal.throwIfAborted();
    return intent;
  }

  /** Code after a disruptive call may never run. */
  async #called(intent: Intent | undefined, call: ActionCall): Promise<unknown> {
    try {
      const output = await this.runtime.actions.run(call);
      intent?.accepted();
      return output;
    } catch (error) {
      intent?.blocked(error);
      throw error;
    }
  }
}
