import { isDeepStrictEqual } from 'node:util';
import { Container } from 'inversify';
import { SupervisedActionRunner } from '../actions/supervised-action-runner.js';
import type { Duration } from '../clock/duration.js';
import type { DeviceModel, RuleModel } from '../config/rule-model.js';
import { describeError } from '../diagnostics/user-message.js';
import { OutboxActionRunner } from '../outbox/outbox-action-runner.js';
import type { Carrier } from '../outbox/outbox.js';
import { PluginHost } from '../plugins/plugin-host.js';
import type { LoadedPlugins } from '../plugins/plugin-loader.js';
import { ChildProcesses } from '../programs/child-processes.js';
import { RuleEngine } from '../rules/rule-engine.js';
import { deviceMemory } from '../rules/rule-memory.js';
import { SharedStreamHub, type ProvidedStream } from '../streams/shared-stream-hub.js';
import { StreamHub } from '../streams/stream-hub.js';
import type { EngineStatus } from './engine-status.js';
import type { Foundation } from './foundation.js';
import type { MaskedView } from './masked-view.js';
import { offerServices } from './offered-services.js';
import { stopTimes } from './stop-times.js';
import { unlessAborted } from './unless-aborted.js';

/** Started plugins and the rules on them. The file may change the rules; other plugins make another generation. */
export class Generation {
  #ended: Promise<void> | undefined;

  private constructor(
    readonly loaded: LoadedPlugins,
    readonly plugins: PluginHost,
    readonly hub: SharedStreamHub,
    readonly rules: RuleEngine,
    private readonly foundation: Foundation,
    private readonly carrier: Carrier,
    private readonly lent: { readonly view: MaskedView; readonly processes: ChildProcesses },
    /** What the rules read that changes under them. */
    private readonly present: { secrets: DeviceModel['secrets']; watchedUntil: number | undefined },
  ) {}

  static async start(loaded: LoadedPlugins, model: DeviceModel, foundation: Foundation): Promise<Generation> {
    const { clock, log, random, mask, customEvents, outbox, streamObservers } = foundation;
    const view = foundation.view.lend();
    const container = new Container({ defaultScope: 'Singleton' });
    const processes = new ChildProcesses(clock, foundation.host, foundation.ledger);
    offerServices(container, { ...foundation, view, processes });
    const provide = (name: string): ProvidedStream | undefined => container.get(PluginHost).stream(name);
    const hub = new SharedStreamHub(provide, clock, log, random, { observers: streamObservers, mask });
    container.bind(StreamHub).toConstantValue(hub);
    const plugins = await PluginHost.start(loaded, container, foundation.doubles);
    for (const { plugin, error } of plugins.faults) {
      log.error(`Plugin ${plugin} is out of service: ${error.message}`, { plugin, code: error.code });
    }
    const actions = new SupervisedActionRunner((name) => plugins.action(name), clock, log, random);
    const carrier = { actions, describe: (name: string) => loaded.registry.actions.get(name)?.description };
    const present: Generation['present'] = { secrets: model.secrets, watchedUntil: undefined };
    const rules = new RuleEngine({
      ...foundation,
      memory: deviceMemory(),
      streams: hub,
      states: model.states,
      actions: new OutboxActionRunner(outbox, carrier),
      get secrets() {
        return present.secrets;
      },
      get watchedUntil() {
        return present.watchedUntil;
      },
      emit: (event, data) => customEvents.emit(event, data),
      fateOf: (idempotencyKey) => foundation.leftovers.fateOf(idempotencyKey),
    });
    return new Generation(loaded, plugins, hub, rules, foundation, carrier, { view, processes }, present);
  }

  get pluginFaults(): EngineStatus['pluginFaults'] {
    return this.plugins.faults.map(({ plugin, error: { code, message } }) => ({ plugin, code, message }));
  }

  /** Whether the same plugins with the same options are in use: then only the rules need to change. */
  serves({ plugins }: LoadedPlugins): boolean {
    return (
      plugins.length === this.loaded.plugins.length &&
      plugins.every(({ definition, options }, index) => {
        const present = this.loaded.plugins[index]!;
        return definition === present.definition && isDeepStrictEqual(options, present.options);
      })
    );
  }

  /**
   * Starts the rules, and delivers the messages that wait by the actions of these plugins.
   * @param watchedUntil device time in milliseconds up to which a former generation or engine watched in this boot
   */
  async begin(rules: readonly RuleModel[], watchedUntil: number | undefined): Promise<void> {
    await this.#whileStreamsAreHeld(() => this.#begin(rules, watchedUntil));
  }

  /**
   * Ends the former one and starts the rules, which find their state again in the ledger; nobody watches in between. Those
   * that are changed or removed do their `finally` before, with the plugins that they know.
   * Once the former one has begun to end, nothing goes back to it.
   * @param stopping does not wait for the end of the former one: this one then ends, too
   */
  async succeed(former: Generation, rules: readonly RuleModel[], stopping: AbortSignal): Promise<void> {
    const watchedUntil = this.foundation.ledger.deviceTime();
    await this.#whileStreamsAreHeld(async () => {
      await former.rules.endOthers(rules);
      await unlessAborted(stopping, former.end('other plugins take over'), () => this.end());
      await this.#begin(rules, watchedUntil);
    });
  }

  /** Other rules and secrets, on the same plugins. */
  async replace(rules: readonly RuleModel[], { states, secrets }: DeviceModel): Promise<void> {
    this.present.secrets = secrets;
    await this.#whileStreamsAreHeld(() => this.rules.replace(rules, states));
  }

  /**
   * Rules first, then deliveries in progress, what is left of the streams, and plugins in reverse order; once. Never
   * rejects: a part that fails is logged, and those after it are ended all the same.
   * @param reason what runs and `finally` are told that are ended by it
   * @param time what rules get to release holds and to do `finally`
   */
  end(reason = 'the engine stops', time = stopTimes.rules): Promise<void> {
    return (this.#ended ??= this.#end(reason, time));
  }

  async #begin(rules: readonly RuleModel[], watchedUntil: number | undefined): Promise<void> {
    this.present.watchedUntil = watchedUntil;
    this.foundation.outbox.open(this.carrier);
    await this.rules.start(rules);
  }

  /** Rules change one after the other, and others have their turns between: streams are for those that are there in the end. */
  async #whileStreamsAreHeld(change: () => Promise<void>): Promise<void> {
    const { customEvents, ruleEvents } = this.foundation;
    const releases = [this.hub.hold(), customEvents.hold(), ruleEvents.hold()];
    try {
      await change();
    } finally {
      for (const release of releases) release();
    }
  }

  async #end(reason: string, time: Duration): Promise<void> {
    await this.#endPart('rules', () => this.rules.park(reason, time));
    await this.#endPart('outbox', () => this.foundation.outbox.close());
    await this.#endPart('streams', () => this.hub.close());
    await this.#endPart('view', () => this.lent.view.close());
    await this.#endPart('plugins', () => this.plugins.dispose());
    await this.#endPart('programs', () => this.lent.processes.dispose());
  }

  async #endPart(name: string, end: () => Promise<void> | void): Promise<void> {
    try {
      await end();
    } catch (error) {
      this.foundation.log.error(`The end of the ${name} was not clean: ${describeError(error).message}`);
    }
  }
}
