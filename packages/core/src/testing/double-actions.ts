import type { Action, ActionContext, ActionDescription } from '../actions/action.js';
import type { Clock } from '../clock/clock.js';
import type { ActionAnswer } from '../config/test-model.js';
import { coreError } from '../diagnostics/core-errors.js';
import { sampleOf, withParts } from './sample-value.js';
import type { TestRecord } from './test-record.js';

/** Actions of the core that touch nothing but the engine itself: they stay as they are where no answer is given. */
const realActions = new Set(['log', 'emit']);

export interface ActionSurroundings {
  readonly clock: Clock;
  readonly record: TestRecord;
  readonly answerTo: (action: string) => ActionAnswer | undefined;
  readonly isNetworkThere: () => boolean;
  /** Whether the engine that calls still runs. */
  readonly isAlive: () => boolean;
  /** A call that takes the device down was accepted. */
  readonly onDisruption: (effect: 'reboot' | 'shutdown') => void;
}

/** The actions of a simulated device: each call is written down and answered as the test says, by the schemas. */
export class DoubleActions {
  constructor(private readonly surroundings: ActionSurroundings) {}

  double(description: ActionDescription, own: () => Action): Action {
    return { run: (input, context) => this.#run(description, own, input, context) };
  }

  async #run(
    description: ActionDescription,
    own: () => Action,
    input: unknown,
    context: ActionContext,
  ): Promise<unknown> {
    const { name, effects } = description;
    const { rule, run, attempt, idempotencyKey, held } = context;
    const { record, answerTo, clock, isAlive, isNetworkThere, onDisruption } = this.surroundings;
    if (!isAlive()) return forever();
    record.addCall({ action: name, rule, run, attempt, idempotencyKey, input });
    const answer = answerTo(name);
    if (!answer && realActions.has(name)) return own().run(input, context);
    if (effects.includes('notify') && !isNetworkThere()) throw coreError('ACTION_FAILED', 'There is no network.');
    if (answer?.after) await clock.sleep(answer.after, `answer of ${name}`, context.signal);
    if (answer?.outcome === 'fail') throw coreError('ACTION_FAILED', answer.message!);
    const isSuccess = !answer || answer.outcome === 'succeed';
    if (answer?.outcome === 'never' || held) return untilAborted(context.signal, isSuccess);
    const disruption = effects.find((effect) => effect === 'reboot' || effect === 'shutdown');
    if (disruption && isSuccess) onDisruption(disruption);
    return withParts(sampleOf(description.output), answer?.output);
  }
}

function forever(): Promise<never> {
  return new Promise(() => undefined);
}

/** @param givesUp whether it then ends well, as an action does that gives up the effect it held */
function untilAborted(signal: AbortSignal, givesUp: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => (givesUp ? resolve() : reject(signal.reason as Error));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
