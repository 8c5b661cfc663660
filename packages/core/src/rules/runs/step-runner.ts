import { Duration } from '../../clock/duration.js';
import type { StepModel } from '../../config/rule-model.js';
import { coreError } from '../../diagnostics/core-errors.js';
import type { RuleRuntime } from '../rule-runtime.js';
import { truthOf } from '../truth.js';
import { underSignal, withTimeout } from './abort.js';
import type { ActionCaller } from './action-caller.js';
import { MachineRestarted, RunParked, RunStopped, StepFailed } from './failures.js';
import type { RunProgress } from './run-progress.js';
import { UnknownOutput, type Scope } from './scope.js';
import type { StepRecorder, TraceRecorder } from './trace-recorder.js';

type StepOf<Kind extends StepModel['kind']> = Extract<StepModel, { readonly kind: Kind }>;

/** What a step waits for: a time, or a condition. */
export interface Waiting {
  readonly step: string;
  /** Device time in milliseconds at which the wait ends or times out. */
  readonly due?: number;
}

/**
 * A short run waits for no turn of the event loop: a stop would come in between, and a later run overtake it. Longer ones
 * give others their turns.
 */
const stepsAtOnce = 4;

/** Executes the steps of one run, one after the other, and writes each into the trace. Steps that are done are left out. */
export class StepRunner {
  #waits: readonly Waiting[] = [];
  #begun = 0;

  constructor(
    private readonly runtime: RuleRuntime,
    private readonly caller: ActionCaller,
    private readonly recorder: TraceRecorder,
    private readonly progress: RunProgress,
    private readonly restraint: { readonly isShadow: boolean; readonly isDry: boolean },
  ) {}

  get waits(): readonly Waiting[] {
    return this.#waits;
  }

  /** @throws StepFailed, RunStopped, MachineRestarted, or the reason of the signal */
  async sequence(steps: readonly StepModel[], scope: Scope, signal: AbortSignal): Promise<void> {
    for (const step of steps) if (!this.progress.of(step.path).done) await this.#step(step, scope, signal);
  }

  async #step(step: StepModel, scope: Scope, signal: AbortSignal): Promise<void> {
    if (this.#begun++ >= stepsAtOnce && this.runtime.clock.isTurnDue()) await this.runtime.clock.nextTurn();
    if (!scope.isReady) await scope.ready(signal);
    signal.throwIfAborted();
    const trace = this.recorder.step(step.path, step.kind === 'do' ? `do ${step.call.action}` : step.kind);
    try {
      if (step.if && !this.progress.hasBegun(step.path) && !scope.test(step.if)) trace.end('skipped');
      else {
        await this.#inTime(step, scope, signal, (stepSignal) => this.#perform(step, scope, stepSignal, trace));
        trace.end(this.#isLeftOut(step) ? 'shadowed' : 'succeeded');
      }
    } catch (error) {
      this.#fail(step, error, scope, signal, trace);
    }
    this.progress.finish(step.path);
  }

  /** Whether the step did nothing but render its inputs. */
  #isLeftOut({ kind }: StepModel): boolean {
    const { isShadow, isDry } = this.restraint;
    return (isShadow && (kind === 'do' || kind === 'emit')) || (isDry && kind === 'wait');
  }

  /** Returns when the run goes on nevertheless. */
  #fail(step: StepModel, error: unknown, scope: Scope, signal: AbortSignal, trace: StepRecorder): void {
    if (error instanceof RunParked) throw error;
    if (error instanceof UnknownOutput) {
      if (step.kind === 'do' && step.as !== undefined) scope.unknown.push(step.as);
      return trace.end('shadowed');
    }
    const isEnd = error instanceof RunStopped || error instanceof MachineRestarted;
    if (isEnd && !(error instanceof RunStopped && error.failed)) trace.end('succeeded');
    else trace.fail(error);
    if (signal.aborted || isEnd) throw error;
    if (step.onError === 'fail') throw error instanceof StepFailed ? error : new StepFailed(step.path, error);
  }

  /**
   * The timeout of an action is kept by the action runner, which knows of its attempts. All others are measured in device
   * time, so that they go on while no engine runs.
   */
  #inTime(
    step: StepModel,
    scope: Scope,
    signal: AbortSignal,
    body: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { timeout, path } = step;
    if (!timeout || step.kind === 'do') return body(signal);
    const passed = this.runtime.ledger.deviceTime() - this.#sinceOf(step);
    const left = Duration.ofMilliseconds(timeout.milliseconds - passed);
    const code = step.kind === 'wait' ? 'WAIT_TIMEOUT' : 'STEP_TIMEOUT';
    const error = (): Error => coreError(code, `${path} took longer than ${timeout}.`, { range: step.range });
    // What a wait waits for may have come in the gap in which its time ran out.
    const timers = step.kind === 'wait' ? scope.timers : this.runtime.clock;
    return withTimeout(timers, left, error, signal, body);
  }

  #perform(step: StepModel, scope: Scope, signal: AbortSignal, trace: StepRecorder): Promise<void> {
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
        return this.restraint.isDry ? this.#showWait(step, scope, trace) : this.#wait(step, scope, signal);
      case 'stop':
        return this.#stop(step, scope, trace);
      case 'emit':
        return this.#emit(step, scope, trace);
    }
  }

  #stop(step: StepOf<'stop'>, scope: Scope, trace: StepRecorder): never {
    const reason = String(scope.evaluate(step.reason));
    trace.input({ reason });
    throw new RunStopped(reason, step.failed);
  }

  async #choose(step: StepOf<'choose'>, scope: Scope, signal: AbortSignal): Promise<void> {
    const { branch = step.branches.findIndex((candidate) => scope.test(candidate.if)) } = this.progress.of(step.path);
    this.progress.note(step.path, { branch });
    await this.sequence(branch < 0 ? step.otherwise : step.branches[branch]!.steps, scope, signal);
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
    const { round: begun, times = step.times && this.#times(scope.evaluate(step.times), step) } = this.progress.of(
      step.path,
    );
    for (let index = begun ?? 0; index !== times; index++) {
      const round = scope.inRound(index);
      if (!scope.isReady) await scope.ready(signal);
      if (index !== begun) {
        if (step.while && !round.test(step.while)) return;
        if (index >= step.max) {
          throw coreError('REPEAT_EXCEEDED', `${step.path} wanted more than ${step.max} rounds.`, {
            range: step.range,
          });
        }
        this.progress.startRound(step.path, index, times);
      }
      await this.sequence(step.steps, round, signal);
      if (!scope.isReady) await scope.ready(signal);
      if (this.restraint.isDry || (step.until && round.test(step.until))) return;
    }
  }

  #times(value: unknown, step: StepModel): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    throw coreError('REPEAT_TIMES_INVALID', `times of ${step.path} gave ${JSON.stringify(value)}.`, {
      range: step.range,
    });
  }

  /** A wait ends by device time: the time that no engine runs counts. */
  async #wait(step: StepOf<'wait'>, scope: Scope, signal: AbortSignal): Promise<void> {
    const { ledger, clock } = this.runtime;
    const due = step.for ? this.#dueOf(step, scope) : this.#timeoutOf(step);
    const waiting: Waiting = { step: step.path, ...(due !== undefined && { due }) };
    const endWatch = due === undefined || this.restraint.isShadow ? undefined : ledger.keepWatch();
    this.#waits = [...this.#waits, waiting];
    try {
      if (step.for) {
        const left = Duration.ofMilliseconds(Math.max(0, due! - ledger.deviceTime()));
        await clock.sleep(left, `wait ${step.path}`, signal);
      }
      if (step.until) await this.#untilTrue(step.until, scope, signal);
    } finally {
      this.#waits = this.#waits.filter((other) => other !== waiting);
      endWatch?.();
    }
  }

  #showWait(step: StepOf<'wait'>, scope: Scope, trace: StepRecorder): Promise<void> {
    const pause = step.for && this.#dueOf(step, scope) - this.runtime.ledger.deviceTime();
    trace.input({
      ...(pause !== undefined && { for: Duration.ofMilliseconds(Math.round(pause)) }),
      ...(step.until && { until: step.until.source.text }),
    });
    return Promise.resolve();
  }

  #dueOf(step: StepOf<'wait'>, scope: Scope): number {
    const begun = this.progress.of(step.path).due;
    if (begun !== undefined) return begun;
    const value = scope.evaluate(step.for!);
    const pause = typeof value === 'string' ? Duration.parse(value) : value;
    if (!(pause instanceof Duration)) {
      throw coreError('WAIT_DURATION_INVALID', `${step.path} gave ${JSON.stringify(value)}.`, { range: step.range });
    }
    const due = this.runtime.ledger.deviceTime() + pause.milliseconds;
    this.progress.note(step.path, { due });
    return due;
  }

  #timeoutOf(step: StepOf<'wait'>): number | undefined {
    const since = this.#sinceOf(step);
    return step.timeout && since + step.timeout.milliseconds;
  }

  /** When the step began. It is on record from then on, so that no other engine asks the `if` of it or around it again. */
  #sinceOf({ path }: StepModel): number {
    const { since = this.runtime.ledger.deviceTime() } = this.progress.of(path);
    if (this.progress.of(path).since === undefined) this.progress.note(path, { since });
    return since;
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
    if (this.progress.takeInterruption(step.path)) {
      throw coreError('RUN_INTERRUPTED', `The engine ended while ${event} was emitted; whether it was is unknown.`);
    }
    if (!this.restraint.isShadow) this.runtime.emit(event, data);
  }
}
