import { Duration } from '../../clock/duration.js';
import type { StepModel } from '../../config/rule-model.js';
import { coreError } from '../../diagnostics/core-errors.js';
import type { RuleRuntime } from '../rule-runtime.js';
import { truthOf } from '../truth.js';
import { underSignal, withTimeout } from './abort.js';
import type { ActionCaller } from './action-caller.js';
import { RunStopped, StepFailed } from './failures.js';
import { UnknownOutput, type Scope } from './scope.js';
import type { StepRecorder, TraceRecorder } from './trace-recorder.js';

type StepOf<Kind extends StepModel['kind']> = Extract<StepModel, { readonly kind: Kind }>;

/** Executes the steps of one run, one after the other, and writes each into the trace. */
export class StepRunner {
  constructor(
    private readonly runtime: RuleRuntime,
    private readonly caller: ActionCaller,
    private readonly recorder: TraceRecorder,
    private readonly isShadow: boolean,
  ) {}

  /** @throws StepFailed, RunStopped, or the reason of the signal */
  async sequence(steps: readonly StepModel[], scope: Scope, signal: AbortSignal): Promise<void> {
    for (const step of steps) await this.#step(step, scope, signal);
  }

  async #step(step: StepModel, scope: Scope, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const trace = this.recorder.step(step.path, step.kind === 'do' ? `do ${step.call.action}` : step.kind);
    try {
      if (step.if && !scope.test(step.if)) return trace.end('skipped');
      await this.#inTime(step, signal, (stepSignal) => this.#perform(step, scope, stepSignal, trace));
      trace.end(this.isShadow && (step.kind === 'do' || step.kind === 'emit') ? 'shadowed' : 'succeeded');
    } catch (error) {
      if (error instanceof UnknownOutput) {
        if (step.kind === 'do' && step.as !== undefined) scope.unknown.add(step.as);
        return trace.end('shadowed');
      }
      if (error instanceof RunStopped && !error.failed) trace.end('succeeded');
      else trace.fail(error);
      if (signal.aborted || error instanceof RunStopped) throw error;
      if (step.onError === 'fail') throw error instanceof StepFailed ? error : new StepFailed(step.path, error);
    }
  }

  /** The timeout of an action is kept by the action runner, which knows of its attempts. */
  #inTime(step: StepModel, signal: AbortSignal, body: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (!step.timeout || step.kind === 'do') return body(signal);
    const code = step.kind === 'wait' ? 'WAIT_TIMEOUT' : 'STEP_TIMEOUT';
    const error = (): Error => coreError(code, `${step.path} took longer than ${step.timeout}.`, { range: step.range });
    return withTimeout(this.runtime.clock, step.timeout, error, signal, body);
  }

  async #perform(step: StepModel, scope: Scope, signal: AbortSignal, trace: StepRecorder): Promise<void> {
    switch (step.kind) {
      case 'do':
        return this.caller.call(step, scope, signal, trace);
      case 'choose':
        return this.#choose(step, scope, signal);
      case 'parallel':
        return this.#parallel(step, scope, signal);
      case 'repeat':
        return this.#repeat(step, scope, signal);
      case 'wait':
        return this.#wait(step, scope, signal);
      case 'stop':
        throw new RunStopped(String(scope.evaluate(step.reason)), step.failed);
      case 'emit':
        return this.#emit(step, scope, trace);
    }
  }

  async #choose(step: StepOf<'choose'>, scope: Scope, signal: AbortSignal): Promise<void> {
    const branch = step.branches.find((candidate) => scope.test(candidate.if));
    await this.sequence(branch ? branch.steps : step.otherwise, scope, signal);
  }

  /** Waits for all branches; the first failure aborts the others and is the step's. */
  #parallel(step: StepOf<'parallel'>, scope: Scope, signal: AbortSignal): Promise<void> {
    return underSignal(signal, async (controller) => {
      const failures: unknown[] = [];
      const branches = step.branches.map((branch) =>
        this.sequence(branch, scope, controller.signal).catch((error: unknown) => {
          failures.push(error);
          controller.abort(coreError('RUN_ABORTED', 'Another branch ended.', { range: step.range }));
        }),
      );
      await Promise.all(branches);
      if (failures.length > 0) throw failures[0];
    });
  }

  async #repeat(step: StepOf<'repeat'>, scope: Scope, signal: AbortSignal): Promise<void> {
    const times = step.times && this.#times(scope.evaluate(step.times), step);
    for (let index = 0; index !== times; index++) {
      const round = scope.inRound(index);
      if (step.while && !round.test(step.while)) return;
      if (index >= step.max) {
        throw coreError('REPEAT_EXCEEDED', `${step.path} wanted more than ${step.max} rounds.`, { range: step.range });
      }
      await this.sequence(step.steps, round, signal);
      if (step.until && round.test(step.until)) return;
    }
  }

  #times(value: unknown, step: StepModel): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    throw coreError('REPEAT_TIMES_INVALID', `times of ${step.path} gave ${JSON.stringify(value)}.`, {
      range: step.range,
    });
  }

  async #wait(step: StepOf<'wait'>, scope: Scope, signal: AbortSignal): Promise<void> {
    if (step.for) {
      const value = scope.evaluate(step.for);
      const pause = typeof value === 'string' ? Duration.parse(value) : value;
      if (!(pause instanceof Duration)) {
        throw coreError('WAIT_DURATION_INVALID', `${step.path} gave ${JSON.stringify(value)}.`, { range: step.range });
      }
      await this.runtime.clock.sleep(pause, `wait ${step.path}`, signal);
    }
    const { until } = step;
    if (until) await this.#untilTrue(until, scope, signal);
  }

  /** A lost stream leaves the answer open, so the wait goes on; an evaluation that fails, fails the step. */
  async #untilTrue(until: NonNullable<StepOf<'wait'>['until']>, scope: Scope, signal: AbortSignal): Promise<void> {
    let stopWatching = (): void => {};
    let onAbort = (): void => {};
    try {
      await new Promise<void>((resolve, reject) => {
        const check = (): void => {
          const truth = truthOf(until, () => scope.bindings(until));
          if (truth.is === 'true') resolve();
          if (truth.is === 'faulted') reject(truth.error as Error);
        };
        onAbort = () => reject(signal.reason as Error);
        signal.addEventListener('abort', onAbort, { once: true });
        stopWatching = scope.watch(until, check);
        check();
      });
    } finally {
      stopWatching();
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #emit(step: StepOf<'emit'>, scope: Scope, trace: StepRecorder): Promise<void> {
    const event = String(scope.evaluate(step.event));
    const data = scope.evaluate(step.data);
    trace.input({ event, data });
    if (!this.isShadow) this.runtime.emit(event, data);
  }
}
