import { randomBytes } from 'node:crypto';
import { Duration } from '../../clock/duration.js';
import type { RuleModel, StepModel } from '../../config/rule-model.js';
import { coreError } from '../../diagnostics/core-errors.js';
import type { Logger } from '../../diagnostics/logger.js';
import type { RuleRuntime } from '../rule-runtime.js';
import type { RuleStates } from '../rule-states.js';
import type { RunOutcome } from '../trace.js';
import { withTimeout } from './abort.js';
import { ActionCaller } from './action-caller.js';
import { failureOf, RunStopped, StepFailed } from './failures.js';
import { Hold } from './hold.js';
import { Scope } from './scope.js';
import { StepRunner } from './step-runner.js';
import { TraceRecorder } from './trace-recorder.js';

/** What asked for a run. */
export interface Firing {
  /** In words: `when true for 10m`, `event custom`. */
  readonly cause: string;
  /** Payload of the event; undefined unless the rule has `on`. */
  readonly trigger?: unknown;
  /** How long the condition had held, and since when by the wall clock; level rules only. */
  readonly heldFor: Duration;
  readonly since?: Date;
  readonly steps: readonly StepModel[];
  /** A lasting run that is taken over from the ledger. */
  readonly restored?: { readonly run: string; readonly outputs: Readonly<Record<string, unknown>> };
}

/** What all runs of one rule share. */
export interface RunContext {
  readonly model: RuleModel;
  readonly runtime: RuleRuntime;
  readonly states: RuleStates;
  readonly log: Logger;
}

/** Bound of the time that `catch` and `finally` each may take: they must end, whatever hangs. */
const cleanupTime = Duration.parse('1m');

/** One execution of a rule's steps: `perform` once, then `conclude` once. Neither rejects. */
export class Run {
  readonly id: string;
  readonly #abort = new AbortController();
  readonly #abortCleanup = new AbortController();
  readonly #scope: Scope;
  readonly #recorder: TraceRecorder;
  readonly #steps: StepRunner;
  readonly #log: Logger;
  #hold: Hold | undefined;
  #outcome: RunOutcome = 'succeeded';

  constructor(
    private readonly context: RunContext,
    readonly firing: Firing,
    key: string,
  ) {
    const { model, runtime, states } = context;
    this.id = firing.restored?.run ?? randomBytes(8).toString('hex');
    this.#log = context.log.child({ run: this.id, ...(key !== '' && { key }) });
    this.#scope = new Scope(
      states,
      {
        secrets: runtime.secrets,
        rule: { name: model.name, heldFor: firing.heldFor, ...(firing.since && { since: firing.since }) },
        key,
        ...(model.trigger.kind === 'event' && { event: firing.trigger, trigger: firing.trigger }),
      },
      { ...firing.restored?.outputs },
    );
    this.#recorder = new TraceRecorder(
      runtime.clock,
      { id: this.id, rule: model.name, cause: firing.cause, ...(key !== '' && { key }) },
      runtime.secrets,
      runtime.onTrace,
    );
    const caller = new ActionCaller(runtime, model, this.id);
    this.#steps = new StepRunner(runtime, caller, this.#recorder, model.shadow);
  }

  get outcome(): RunOutcome {
    return this.#outcome;
  }

  get outputs(): Readonly<Record<string, unknown>> {
    return this.#scope.outputs;
  }

  /** Whether the run lasts although its steps are done: until its `until` event, or as long as its `while` is true. */
  get lasts(): boolean {
    const { trigger, until } = this.context.model;
    if (this.#abort.signal.aborted) return false;
    return trigger.kind === 'hold' || (until.length > 0 && ['succeeded', 'shadowed'].includes(this.#outcome));
  }

  /** Ends waiting and actions; a run that lasts or is over already is left alone. */
  abort(reason: string): void {
    this.#abort.abort(coreError('RUN_ABORTED', `The run was ended: ${reason}.`));
  }

  /** Ends `finally` too, when there is no more time for it. */
  abortCleanup(reason: string): void {
    this.#abortCleanup.abort(coreError('RUN_ABORTED', `No time is left: ${reason}.`));
  }

  /** Does the steps, and `catch` when they fail. */
  async perform(): Promise<void> {
    const { model, runtime } = this.context;
    this.#log.info(`${model.name} runs: ${this.firing.cause}.`);
    this.#recorder.publish();
    await Promise.resolve();
    this.#startHold();
    const { signal } = this.#abort;
    try {
      const work = (workSignal: AbortSignal): Promise<void> =>
        this.#steps.sequence(this.firing.steps, this.#scope, workSignal);
      const { timeout } = model;
      if (timeout) {
        const error = (): Error => coreError('RUN_TIMEOUT', `${model.name} took longer than ${timeout}.`);
        await withTimeout(runtime.clock, timeout, error, signal, work);
      } else await work(signal);
      this.#outcome = model.shadow ? 'shadowed' : 'succeeded';
    } catch (error) {
      this.#outcome = this.#outcomeOf(error);
      if (this.#outcome === 'failed' || this.#outcome === 'timed-out') await this.#catch(error);
    }
    this.#recorder.end(this.#outcome);
    this.#logOutcome();
  }

  /** Releases the hold and does `finally`, whose steps are independent of each other. */
  async conclude(): Promise<void> {
    await this.#hold?.release();
    const { model } = this.context;
    if (model.finally.length > 0) {
      await this.#cleanUp('finally', async (signal) => {
        for (const step of model.finally) {
          await this.#steps.sequence([step], this.#scope, signal).catch((error: unknown) => {
            if (signal.aborted || error instanceof RunStopped) throw error;
            this.#warn('finally', error);
          });
        }
      });
    }
    if (this.#hold || model.finally.length > 0) this.#recorder.end(this.#outcome);
  }

  #startHold(): void {
    const { model, runtime } = this.context;
    if (model.trigger.kind !== 'hold' || !model.trigger.hold || this.#abort.signal.aborted) return;
    const { hold } = model.trigger;
    if (model.shadow) return this.#recorder.step('hold', `hold ${hold.action}`).end('shadowed');
    const caller = { rule: model.name, run: this.id };
    this.#hold = new Hold(runtime, hold, caller, this.#scope, this.#recorder, this.#log);
  }

  #outcomeOf(error: unknown): RunOutcome {
    if (this.#abort.signal.aborted) return 'aborted';
    if (error instanceof RunStopped) return error.failed ? 'failed' : 'stopped';
    return failureOf(error).code === 'RUN_TIMEOUT' ? 'timed-out' : 'failed';
  }

  async #catch(error: unknown): Promise<void> {
    const failure = failureOf(error);
    const step = error instanceof StepFailed ? error.path : '';
    this.#log.warn(`${this.context.model.name} failed${step && ` at ${step}`}: ${failure.message}`, { ...failure });
    if (this.context.model.catch.length === 0) return;
    const scope = this.#scope.with({ error: { ...failure, step } });
    await this.#cleanUp('catch', (signal) => this.#steps.sequence(this.context.model.catch, scope, signal));
    if (this.#abort.signal.aborted) this.#outcome = 'aborted';
  }

  /** `catch` ends with the run's abort; `finally` has a signal of its own, so that it also runs after an abort. */
  async #cleanUp(part: 'catch' | 'finally', work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = part === 'catch' ? this.#abort : this.#abortCleanup;
    const error = (): Error => coreError('RUN_TIMEOUT', `${part} took longer than ${cleanupTime}.`);
    try {
      await withTimeout(this.context.runtime.clock, cleanupTime, error, signal, work);
    } catch (thrown) {
      if (!(thrown instanceof RunStopped && !thrown.failed)) this.#warn(part, thrown);
    }
  }

  #warn(part: string, error: unknown): void {
    const failure = failureOf(error);
    this.#log.warn(`${this.context.model.name}: ${part} failed: ${failure.message}`, { ...failure });
  }

  #logOutcome(): void {
    this.#log.debug(`${this.context.model.name} ${this.#outcome}.`);
  }
}
