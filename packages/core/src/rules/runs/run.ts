import { randomUUID } from 'node:crypto';
import { Duration } from '../../clock/duration.js';
import type { RuleModel } from '../../config/rule-model.js';
import { coreError } from '../../diagnostics/core-errors.js';
import type { Logger } from '../../diagnostics/logger.js';
import { SilentLogger } from '../../diagnostics/silent-logger.js';
import { firingOfRecord, type Firing } from '../firing.js';
import type { HoldTrouble } from '../hold-trouble.js';
import { memoryOfRestored, type MemoryShare } from '../rule-memory.js';
import type { RuleRuntime } from '../rule-runtime.js';
import type { RuleStates } from '../rule-states.js';
import type { Stage } from '../stages.js';
import type { RunOutcome, RunTrace } from '../trace.js';
import { withTimeout } from './abort.js';
import { ActionCaller } from './action-caller.js';
import { failureOf, MachineRestarted, RunParked, RunStopped, StepFailed } from './failures.js';
import { Hold, traceCutHold } from './hold.js';
import { RunJournal } from './run-journal.js';
import type { RunRecord, RunRecords } from './run-record.js';
import { namesOf, Scope } from './scope.js';
import { StepRunner, type Waiting } from './step-runner.js';
import { TraceRecorder } from './trace-recorder.js';

/** What all runs of one rule share. */
export interface RunContext {
  readonly model: RuleModel;
  readonly stages: readonly Stage[];
  readonly runtime: RuleRuntime;
  readonly states: RuleStates;
  readonly memory: MemoryShare;
  readonly log: Logger;
  /** Where runs are kept; undefined when those of this rule are not worth it. */
  readonly records: RunRecords | undefined;
  /** Waits do not wait and a repeat ends after its first round; together with `shadow`. Default false. */
  readonly isDry?: true;
}

/** Bound of the time that `catch` and `finally` each may take: they must end, whatever hangs. */
const cleanupTime = Duration.parse('1m');

/** 60 random bits as 16 hexadecimal digits; Node makes them ready in bulk. */
function newId(): string {
  const uuid = randomUUID();
  return uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18);
}

/**
 * One execution of a rule's steps: `perform` once, then `conclude` once. Neither rejects. A run of a former engine goes on
 * where it was: `perform` and `conclude` leave out what is done.
 */
export class Run {
  readonly #abort = new AbortController();
  /** Its signal is asked for only where there is a `finally`: Node makes it then, and it costs much. */
  readonly #abortCleanup = new AbortController();
  readonly #scope: Scope;
  readonly #recorder: TraceRecorder;
  readonly #caller: ActionCaller;
  readonly #steps: StepRunner;
  readonly #journal: RunJournal;
  readonly #log: Logger;
  #hold: Hold | undefined;
  #outcome: RunOutcome;
  #isParked = false;
  #isConcluding = false;

  private constructor(
    private readonly context: RunContext,
    readonly id: string,
    readonly firing: Firing,
    key: string,
    private readonly restored?: RunRecord,
  ) {
    const { model, runtime, states, memory } = context;
    this.#log = context.log.child(key === '' ? { run: id } : { run: id, key });
    this.#journal = new RunJournal(
      { id, key, firing, restored, waits: !states.isReady },
      model,
      { memory, ledger: runtime.ledger },
      context.records,
    );
    this.#outcome = this.#journal.outcome ?? 'succeeded';
    this.#scope = new Scope(states, namesOf(model, firing, key, runtime.secrets), this.#journal.outputs);
    const isResumed = restored !== undefined;
    this.#recorder = new TraceRecorder(runtime, { id, rule: model.name, cause: firing.cause, key, isResumed });
    this.#caller = new ActionCaller(runtime, model, id, this.#journal);
    const restraint = { isShadow: model.shadow, isDry: context.isDry === true };
    this.#steps = new StepRunner(runtime, this.#caller, this.#recorder, this.#journal.progress, restraint);
  }

  /** From here on the run is on record. */
  static start(context: RunContext, firing: Firing, key: string): Run {
    return new Run(context, newId(), firing, key);
  }

  static restore(context: RunContext, id: string, record: RunRecord): Run {
    const firing = firingOfRecord(record.firing);
    const memory = memoryOfRestored(firing, context.memory);
    return new Run(context, id, { ...firing, memory }, record.key, record);
  }

  get outcome(): RunOutcome {
    return this.#isParked ? 'parked' : this.#outcome;
  }

  /** What its steps wait for. */
  get waits(): readonly Waiting[] {
    return this.#steps.waits;
  }

  get holdTrouble(): HoldTrouble | undefined {
    return this.#hold?.trouble;
  }

  /** Whether it came to a reboot or shutdown that something stood in the way of that passes. An `until` has the last word. */
  get isPutOff(): boolean {
    return this.#journal.isPutOff && !this.#abort.signal.aborted && this.context.model.until.length === 0;
  }

  /** Whether the run lasts although its steps are done: until its `until` event, or as long as its `while` is true. */
  get lasts(): boolean {
    const { trigger, until } = this.context.model;
    if (this.#abort.signal.aborted) return false;
    return trigger.kind === 'hold' || (until.length > 0 && ['succeeded', 'shadowed'].includes(this.#outcome));
  }

  /** Ends waiting and actions; a run that lasts or is over already is left alone. */
  abort(reason: string): void {
    this.#journal.abort();
    this.#abort.abort(coreError('RUN_ABORTED', `The run was ended: ${reason}.`));
  }

  /** Ends `finally` too, when there is no more time for it: what is left of it is for the next engine. */
  abortCleanup(reason: string): void {
    if (this.#journal.phase === 'finally' && !this.#caller.isAtWork) this.#journal.park();
    this.#abortCleanup.abort(coreError('RUN_ABORTED', `No time is left: ${reason}.`));
  }

  /**
   * Leaves the run as it is for the next engine: no step is begun any more, and `finally` is not done.
   * @returns false, and nothing happens, unless the run is on record, its end has not begun, and all that it does is to wait
   */
  park(): boolean {
    const isEnding = this.#abort.signal.aborted || this.#isConcluding;
    const isHeld = this.context.model.trigger.kind === 'hold';
    if (!this.#journal.isRecorded || this.#caller.isAtWork || isEnding || isHeld) return false;
    this.#isParked = true;
    this.#journal.park();
    for (const controller of [this.#abort, this.#abortCleanup]) controller.abort(new RunParked());
    return true;
  }

  /** Nobody reads its event or its outputs any more. */
  giveBack(): void {
    this.firing.memory?.giveBack();
    this.#journal.giveBack();
  }

  /** Does the steps, and `catch` when they fail. */
  async perform(): Promise<void> {
    this.#log.info(`${this.context.model.name} ${this.restored ? 'goes on' : 'runs'}: ${this.firing.cause}.`);
    this.#recorder.publish();
    // Nothing is left to decide of a run that took the machine down; it must not stand in the way of the next one.
    if (!this.#journal.tookMachineDown) await this.#act();
    if (this.#journal.phase === 'aborted') this.#outcome = 'aborted';
    if (this.lasts) this.#journal.enter('lasting', this.#outcome);
    this.#end();
    this.#log.debug(`${this.context.model.name} ${this.outcome}.`);
  }

  async #act(): Promise<void> {
    const { model, states } = this.context;
    // A hold does not wait: what it protects has no time.
    if (!states.isReady && model.trigger.kind !== 'hold') await states.ready(this.#abort.signal);
    this.#startHold();
    if (this.#journal.phase === 'steps') await this.#doSteps();
    if (this.#journal.phase === 'catch') await this.#catch();
  }

  /** Releases the hold and does `finally`, whose steps are independent of each other. */
  async conclude(): Promise<void> {
    if (this.#isParked) return;
    this.#isConcluding = true;
    if (this.restored) traceCutHold(this.context, this.id, this.#recorder);
    if (this.#hold) await this.#hold.release();
    const hasFinally = this.context.model.finally.length > 0;
    if (hasFinally) await this.#doFinally();
    if (this.#hold || this.restored || hasFinally) this.#end();
    const isLeftToNext = hasFinally && this.#abortCleanup.signal.aborted;
    if (!isLeftToNext) this.#journal.end();
  }

  async #doFinally(): Promise<void> {
    const { model, states } = this.context;
    const { signal: outOfTime } = this.#abortCleanup;
    if (outOfTime.aborted) return;
    this.#journal.enter('finally', this.#outcome);
    if (!states.isReady) await states.ready(outOfTime);
    await this.#cleanUp('finally', async (signal) => {
      for (const step of model.finally) await this.#finalStep(step, signal);
    });
  }

  #startHold(): void {
    const { model, runtime } = this.context;
    if (model.trigger.kind !== 'hold' || !model.trigger.hold || this.#abort.signal.aborted) return;
    const { hold } = model.trigger;
    if (model.shadow) return this.#recorder.step('hold', `hold ${hold.action}`).end('shadowed');
    const caller = { rule: model.name, run: this.id };
    this.#hold = new Hold(runtime, hold, caller, this.#scope, this.#recorder, this.#log);
  }

  async #doSteps(): Promise<void> {
    const { model, stages } = this.context;
    const { steps } = stages[this.firing.stage]!;
    try {
      await this.#inTime((signal) => this.#steps.sequence(steps, this.#scope, signal));
      this.#outcome = model.shadow ? 'shadowed' : 'succeeded';
    } catch (error) {
      if (this.#isParked) return;
      this.#outcome = this.#outcomeOf(error);
      if (this.#outcome === 'failed' || this.#outcome === 'timed-out') this.#fail(error);
    }
  }

  /** The rule's `timeout`, in device time from the start of the run. */
  #inTime(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { model, runtime } = this.context;
    const { timeout } = model;
    if (!timeout) return work(this.#abort.signal);
    const passed = runtime.ledger.deviceTime() - this.#journal.startedAt;
    const left = Duration.ofMilliseconds(timeout.milliseconds - passed);
    const error = (): Error => coreError('RUN_TIMEOUT', `${model.name} took longer than ${timeout}.`);
    return withTimeout(runtime.clock, left, error, this.#abort.signal, work);
  }

  #outcomeOf(error: unknown): RunOutcome {
    if (error instanceof MachineRestarted) return 'succeeded';
    if (this.#abort.signal.aborted) return 'aborted';
    if (error instanceof RunStopped) return error.failed ? 'failed' : 'stopped';
    return failureOf(error).code === 'RUN_TIMEOUT' ? 'timed-out' : 'failed';
  }

  #fail(error: unknown): void {
    const { code, message } = failureOf(error);
    const step = error instanceof StepFailed ? error.path : '';
    this.#log.warn(`${this.context.model.name} failed${step && ` at ${step}`}: ${message}`, { code, message });
    if (this.context.model.catch.length === 0) return;
    const failure = { code, message: this.#recorder.masked(message) as string, step };
    this.#journal.enter('catch', this.#outcome, failure);
  }

  async #catch(): Promise<void> {
    const scope = this.#scope.with({ error: this.#journal.failure });
    await this.#cleanUp('catch', (signal) => this.#steps.sequence(this.context.model.catch, scope, signal));
  }

  async #finalStep(step: RuleModel['finally'][number], signal: AbortSignal): Promise<void> {
    try {
      await this.#steps.sequence([step], this.#scope, signal);
    } catch (error) {
      if (signal.aborted || error instanceof RunStopped) throw error;
      if (!(error instanceof MachineRestarted)) this.#warn('finally', error);
      this.#journal.progress.finish(step.path);
    }
  }

  /** `catch` ends with the run's abort; `finally` has a signal of its own, so that it also runs after an abort. */
  async #cleanUp(part: 'catch' | 'finally', work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = part === 'catch' ? this.#abort : this.#abortCleanup;
    const error = (): Error => coreError('RUN_TIMEOUT', `${part} took longer than ${cleanupTime}.`);
    try {
      await withTimeout(this.context.runtime.clock, cleanupTime, error, signal, work);
    } catch (thrown) {
      const isMeant = thrown instanceof RunParked || thrown instanceof MachineRestarted;
      if (isMeant || (thrown instanceof RunStopped && !thrown.failed)) return;
      this.#warn(part, thrown);
    }
  }

  #end(): void {
    this.#recorder.end(this.outcome);
  }

  #warn(part: string, error: unknown): void {
    const failure = failureOf(error);
    this.#log.warn(`${this.context.model.name}: ${part} failed: ${failure.message}`, { ...failure });
  }
}

/** Performs a run that does nothing and is kept nowhere, for a person to read. */
export async function performDry(context: RunContext, firing: Firing, key: string): Promise<RunTrace> {
  let trace!: RunTrace;
  const model = { ...context.model, shadow: true };
  const runtime = { ...context.runtime, onTrace: (shown: RunTrace) => void (trace = shown) };
  // Whoever reads the log must not take it for a run.
  const log = new SilentLogger();
  await Run.start({ ...context, model, runtime, log, records: undefined, isDry: true }, firing, key).perform();
  return trace;
}
