import 'reflect-metadata';
import { injectable } from 'inversify';
import type { Logger } from '../diagnostics/logger.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { Requirement } from '../host/requirement.js';
import { z } from '../schemas/schema.js';

/** What an action does to the world; `reboot` and `shutdown` are the disruptive ones. */
export type Effect = 'reboot' | 'shutdown' | 'restart-service' | 'network' | 'mount' | 'erase' | 'notify' | 'exec';

/** What an action may know of the run that calls it. */
export interface ActionContext {
  /** Aborted on timeout, when the run is aborted, and when the engine stops. */
  readonly signal: AbortSignal;
  /** Adds the action, its plugin, the rule and the run to each line. */
  readonly log: Logger;
  /** Name of the rule in the file. */
  readonly rule: string;
  /** Id of the run, as `devicerc trace` takes it. */
  readonly run: string;
  /** Counts from 1; more than 1 under `retry` only. */
  readonly attempt: number;
  /** Equal for all attempts of one step, over restarts too: what a receiver can recognise a repeated delivery by. */
  readonly idempotencyKey: string;
  /** Whether a rule holds it: it then keeps its effect until the signal is aborted. Only for an action that declares `holds`. */
  readonly held: boolean;
}

/**
 * A thing to do. One instance serves all calls. A rejection fails the step: a DeviceError keeps its code, anything else is told as
 * `ACTION_FAILED`. What does not end is given up after the step's `timeout` (`ACTION_TIMEOUT`).
 *
 * Under `hold`, an action that declares `holds` is called when the condition becomes true and keeps its effect until its
 * signal is aborted; it then gives the effect up and ends. Ending before that, either way, means that the effect was lost: it
 * is called again with growing pauses.
 */
export interface Action<Input = unknown, Output = unknown> {
  /** @param input by the action's schema, with its defaults */
  run(input: Input, context: ActionContext): Promise<Output>;
}

export interface ActionDescription<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  /** The name in the file: `log`, `host.reboot`. */
  readonly name: string;
  /** One sentence for the reference page and the editor. */
  readonly summary: string;
  /** What rules, limits and `devicerc check` go by; empty: it does nothing to the world that they care for. */
  readonly effects: readonly Effect[];
  /** What `with` takes. */
  readonly input: Input;
  /** What `as` names; left out: nothing. An action with the effect `notify` has none: see {@link isMessage}. */
  readonly output?: Output;
  /**
   * With the effect `notify`: whom a message goes to, such as the origin of a URL. Messages to one target arrive in order;
   * those to another do not wait for them. Default: the action has one target.
   */
  readonly target?: (input: z.output<Input>) => string;
  /**
   * Whether a rule may name it under `hold`: it keeps its effect until its signal is aborted (see {@link Action}). One that
   * does its work and ends leaves it out; `devicerc check` refuses it there. Default false.
   */
  readonly holds?: boolean;
  /** What it needs of its container, for `devicerc doctor`; default nothing. */
  readonly requires?: readonly Requirement[];
  /** The contributions of plugins that carry it out: without any it cannot be done, and `devicerc check` says so. */
  readonly carriedOutBy?: 'powerControls';
}

/** What `as` names after an action with the effect `notify`: it may be delivered long after the run. */
const deliveryOutput = z.object({
  delivered: z.boolean().describe('False: it waits in the outbox and is delivered as soon as possible'),
});

/** Whether calls of it are messages, which the outbox delivers at least once; a disruptive action is never repeated. */
export function isMessage({ effects }: Pick<ActionDescription, 'effects'>): boolean {
  return effects.includes('notify') && !effects.includes('reboot') && !effects.includes('shutdown');
}

const descriptions = new WeakMap<object, ActionDescription>();

/**
 * Declares a class as an action. The class is injectable; its constructor gets what it asks for by type.
 * @throws DeviceError `PLUGIN_INVALID` when an action with the effect `notify` has an output of its own
 */
export function action<Input extends z.ZodType, Output extends z.ZodType = z.ZodType<void>>(
  description: ActionDescription<Input, Output>,
) {
  return (target: new (...dependencies: never[]) => Action<z.output<Input>, z.output<Output>>): void => {
    injectable()(target as never);
    descriptions.set(target, withDelivery(description as unknown as ActionDescription));
  };
}

function withDelivery(description: ActionDescription): ActionDescription {
  if (!isMessage(description)) return description;
  if (!description.output) return { ...description, output: deliveryOutput };
  throw coreError(
    'PLUGIN_INVALID',
    `The action "${description.name}" has the effect notify and an output of its own.`,
    {
      remedy: 'Leave the output out: what `as` names is whether the message was delivered.',
    },
  );
}

export function actionDescriptionOf(target: object): ActionDescription | undefined {
  return descriptions.get(target);
}
