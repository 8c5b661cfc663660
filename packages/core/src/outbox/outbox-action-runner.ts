import { ActionRunner, type ActionCall } from '../actions/action-runner.js';
import { isMessage, type ActionDescription, type Effect } from '../actions/action.js';
import { parsedInput } from '../actions/supervised-action-runner.js';
import type { Carrier, Outbox } from './outbox.js';

/** Runs actions as before, but for messages: those go through the outbox. */
export class OutboxActionRunner extends ActionRunner {
  constructor(
    private readonly outbox: Outbox,
    private readonly carrier: Carrier,
  ) {
    super();
  }

  override effectsOf(action: string): readonly Effect[] {
    return this.carrier.actions.effectsOf(action);
  }

  override run(call: ActionCall): Promise<unknown> {
    const description = this.carrier.describe(call.action);
    const isPosted = description !== undefined && isMessage(description) && !call.held;
    return isPosted ? this.#post(call, description) : this.carrier.actions.run(call);
  }

  async #post(call: ActionCall, description: ActionDescription): Promise<unknown> {
    await parsedInput(call, description);
    return { delivered: await this.outbox.accept(call) };
  }
}
