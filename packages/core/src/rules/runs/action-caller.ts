import type { StepModel } from '../../config/rule-model.js';
import type { RuleRuntime } from '../rule-runtime.js';
import type { Scope } from './scope.js';
import type { StepRecorder } from './trace-recorder.js';

type DoStep = Extract<StepModel, { readonly kind: 'do' }>;

/** Where intents are kept in the ledger: what disruptive actions were about to do, to be reconciled at the next start. */
const intentScope = 'intents';

/** Calls actions for the steps of one run. */
export class ActionCaller {
  constructor(
    private readonly runtime: RuleRuntime,
    private readonly rule: string,
    private readonly run: string,
    private readonly isShadow: boolean,
  ) {}

  async call(step: DoStep, scope: Scope, signal: AbortSignal, trace: StepRecorder): Promise<void> {
    const { call, as, timeout, retry, path } = step;
    const input = scope.evaluate(call.input);
    trace.input(input);
    if (this.isShadow) {
      if (as !== undefined) scope.unknown.add(as);
      return;
    }
    await this.#writeIntent(call.action, path);
    signal.throwIfAborted();
    const output = await this.runtime.actions.run({
      action: call.action,
      input,
      rule: this.rule,
      run: this.run,
      step: path,
      signal,
      ...(timeout && { timeout }),
      ...(retry && { retry }),
    });
    trace.output(output);
    if (as !== undefined) scope.outputs[as] = output;
  }

  /**
   * Before a reboot or shutdown, what is about to be done has to outlive a power cut: the start that limits count, and the
   * intent. Code after such a call may never run.
   */
  async #writeIntent(action: string, step: string): Promise<void> {
    const { actions, ledger } = this.runtime;
    const effects = actions.effectsOf(action);
    if (!effects.includes('reboot') && !effects.includes('shutdown')) return;
    const intent = { rule: this.rule, run: this.run, step, action, at: ledger.deviceTime() };
    ledger.write(intentScope, `${this.rule} ${step}`, intent);
    await ledger.commit();
  }
}
