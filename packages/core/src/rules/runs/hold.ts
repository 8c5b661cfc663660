import { idempotencyKeyOf } from '../../actions/action-runner.js';
import { Duration } from '../../clock/duration.js';
import type { ActionModel, RuleModel } from '../../config/rule-model.js';
import { coreError } from '../../diagnostics/core-errors.js';
import type { Logger } from '../../diagnostics/logger.js';
import type { HoldTrouble } from '../hold-trouble.js';
import type { RuleRuntime } from '../rule-runtime.js';
import { failureOf, interruption } from './failures.js';
import type { Scope } from './scope.js';
import type { TraceRecorder } from './trace-recorder.js';

const firstPause = Duration.parse('1s');
const longestPause = Duration.parse('1m');
const step = 'hold';
/** A held action has no timeout: this is longer than a device lives. */
const lifetime = Duration.parse('36500d');

/**
 * Keeps the effect of one action: the action runs until its signal is aborted. When it ends before that, the effect is lost
 * and it is called again, with pauses that grow from 1 s to 1 min and start anew once it lasted for a minute.
 */
export class Hold {
  readonly #controller = new AbortController();
  readonly #ended: Promise<void>;
  #failures = 0;
  #failure: HoldTrouble['failure'] | undefined;
  /** Boottime of the last call, or while the next one is waited for, of that one. */
  #calledAt = 0;

  constructor(
    private readonly runtime: RuleRuntime,
    private readonly model: ActionModel,
    private readonly caller: { readonly rule: string; readonly run: string },
    private readonly scope: Scope,
    private readonly recorder: TraceRecorder,
    private readonly log: Logger,
  ) {
    this.#ended = this.#keep();
  }

  /** Undefined while the effect is there. */
  get trouble(): HoldTrouble | undefined {
    const lasted = this.runtime.clock.boottime() - this.#calledAt;
    if (!this.#failure || lasted >= longestPause.milliseconds) return undefined;
    const next = lasted < 0 ? { in: Duration.ofMilliseconds(-lasted) } : { since: Duration.ofMilliseconds(lasted) };
    return { failures: this.#failures, failure: this.#failure, next };
  }

  /** Resolves when the action has given up its effect; the action runner bounds the time that it may take over it. */
  async release(): Promise<void> {
    this.#controller.abort(coreError('RUN_ABORTED', 'The hold is released.'));
    await this.#ended;
  }

  async #keep(): Promise<void> {
    const { clock, actions } = this.runtime;
    const { signal } = this.#controller;
    let pause = firstPause;
    while (!signal.aborted) {
      this.#calledAt = clock.boottime();
      const trace = this.recorder.step(step, `hold ${this.model.action}`);
      try {
        const input = this.scope.evaluate(this.model.input);
        trace.input(input);
        await actions.run({
          action: this.model.action,
          input,
          ...this.caller,
          step,
          held: true,
          signal,
          timeout: lifetime,
        });
        throw coreError('HOLD_LOST', `${this.model.action} ended by itself.`);
      } catch (error) {
        if (signal.aborted) return trace.end('succeeded');
        trace.fail(error);
        this.recorder.publish();
        if (clock.boottime() - this.#calledAt >= longestPause.milliseconds) {
          pause = firstPause;
          this.#failures = 0;
        }
        this.#failures += 1;
        this.#failure = failureOf(error);
        this.#calledAt = clock.boottime() + pause.milliseconds;
        this.log.warn(`The hold of ${this.model.action} is lost; next attempt in ${pause}.`, { ...this.#failure });
      }
      await clock.sleep(pause, 'retry of a hold', signal).catch(() => undefined);
      pause = Duration.ofMilliseconds(Math.min(pause.milliseconds * 2, longestPause.milliseconds));
    }
  }
}

/** A hold ended with its process. The trace of its run says what became of the program that held it, if there was one. */
export function traceCutHold(
  { model, runtime }: { readonly model: RuleModel; readonly runtime: RuleRuntime },
  run: string,
  recorder: TraceRecorder,
): void {
  if (model.trigger.kind !== 'hold' || !model.trigger.hold) return;
  const { action } = model.trigger.hold;
  const fate = runtime.fateOf(idempotencyKeyOf({ run, step }));
  if (fate !== undefined) recorder.step(step, `hold ${action}`).fail(interruption(action, fate));
}
