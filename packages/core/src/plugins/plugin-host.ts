import type { Container } from 'inversify';
import { throwError } from 'rxjs';
import { actionDescriptionOf, type Action } from '../actions/action.js';
import { powerControlDescriptionOf, type PowerControl, type ProvidedPowerControl } from '../actions/power-control.js';
import type { ProvidedAction } from '../actions/supervised-action-runner.js';
import { Clock } from '../clock/clock.js';
import type { DeviceError } from '../diagnostics/device-error.js';
import { Logger } from '../diagnostics/logger.js';
import type { ProvidedStream } from '../streams/shared-stream-hub.js';
import { StreamHub } from '../streams/stream-hub.js';
import { streamDescriptionOf, type EventStream, type StateStream } from '../streams/stream.js';
import { contributionsTo } from './contributions.js';
import type { LoadedPlugins } from './loaded-plugin.js';
import type { InjectableClass } from './plugin.js';
import { PluginPorts } from './plugin-ports.js';
import type { PluginDoubles } from './plugin-doubles.js';
import { RunningPlugin } from './running-plugin.js';
import { injectableStreams } from './stream-injection.js';

/** Why a plugin is out of service. */
export interface PluginFault {
  readonly plugin: string;
  readonly error: DeviceError;
}

/**
 * The started plugins. A plugin that fails takes only itself and its dependants out of service: their streams are lost and
 * their actions fail, both with the reason.
 */
export class PluginHost {
  readonly #plugins = new Map<string, RunningPlugin>();
  readonly #streamClasses: ReadonlyMap<string, InjectableClass>;
  readonly #actionClasses: ReadonlyMap<string, InjectableClass>;

  /**
   * Starts the services of all plugins, each after those it depends on. Never rejects because of a plugin: see `faults`.
   *
   * @param container holds Clock, Logger, StreamHub and HostEnvironment; it gets the host itself, every stream under its
   *   `streamOf` token, and what the plugins contribute under the token of the contribution point. The hub may ask
   *   `container.get(PluginHost)` for streams while services start.
   * @param doubles stand in for the streams and actions; then no service is started
   * @param isWanted whether the services of a plugin are to be started; default all
   */
  static async start(
    loaded: LoadedPlugins,
    container: Container,
    doubles?: PluginDoubles,
    isWanted: (plugin: string) => boolean = () => true,
  ): Promise<PluginHost> {
    const host = new PluginHost(loaded, container, doubles);
    container.bind(PluginHost).toConstantValue(host);
    for (const [token, source] of injectableStreams(loaded.registry, () => container.get(StreamHub))) {
      container.bind(token).toDynamicValue(source);
    }
    for (const control of host.#powerControls())
      container.bind(contributionsTo('powerControls')).toConstantValue(control);
    if (doubles) return host;
    for (const [name, plugin] of host.#plugins) if (isWanted(name)) await plugin.start();
    return host;
  }

  constructor(
    private readonly loaded: LoadedPlugins,
    container: Container,
    private readonly doubles?: PluginDoubles,
  ) {
    const owners = new Map<unknown, string>();
    for (const { definition } of loaded.plugins) {
      for (const service of definition.services ?? []) owners.set(service, definition.name);
    }
    const ports = container.get<PluginPorts>(PluginPorts, { optional: true }) ?? (() => []);
    for (const plugin of loaded.plugins) {
      const dependencies = (plugin.definition.dependsOn ?? []).map((name) => this.#plugins.get(name)!);
      const running = new RunningPlugin(plugin, dependencies, {
        container,
        owners,
        clock: container.get(Clock),
        log: container.get(Logger),
        ports,
      });
      this.#plugins.set(plugin.definition.name, running);
    }
    this.#streamClasses = classesByName(loaded, 'streams');
    this.#actionClasses = classesByName(loaded, 'actions');
  }

  get faults(): readonly PluginFault[] {
    return [...this.#plugins.values()].flatMap(({ name, fault }) => (fault ? [{ plugin: name, error: fault }] : []));
  }

  /** As the stream hub wants it. */
  stream(name: string): ProvidedStream | undefined {
    const registered = this.loaded.registry.streams.get(name);
    if (!registered) return undefined;
    const own = (): EventStream | StateStream => this.#streamInstance(name, registered.plugin);
    return { instance: this.doubles?.stream(registered.description, own) ?? own(), ...registered };
  }

  /** As the action runner wants it. */
  action(name: string): ProvidedAction | undefined {
    const registered = this.loaded.registry.actions.get(name);
    if (!registered) return undefined;
    const own = (): Action => this.#actionInstance(name, registered.plugin);
    return { instance: this.doubles?.action(registered.description, own) ?? own(), ...registered };
  }

  /**
   * The one instance of a stream, an action, a service or a power control of a plugin; undefined of a class that none of them
   * names.
   * @throws DeviceError `PLUGIN_FAULT`, `PLUGIN_SERVICE_HIDDEN`
   */
  instanceOf(target: InjectableClass): unknown {
    const owner = this.loaded.plugins.find(
      ({ definition: { streams = [], actions = [], services = [], powerControls = [] } }) =>
        [...streams, ...actions, ...services, ...powerControls].includes(target),
    );
    return owner && this.#plugins.get(owner.definition.name)!.get(target);
  }

  /** Ends the services in reverse order; a fault of one is logged and stops no other. Call it after the hub was closed. */
  async dispose(): Promise<void> {
    for (const plugin of [...this.#plugins.values()].reverse()) await plugin.dispose();
  }

  /** Each is made when it is asked for the first time. */
  #powerControls(): ProvidedPowerControl[] {
    const classes = classesByName(this.loaded, 'powerControls');
    return [...this.loaded.registry.powerControls].map(([name, registered]) => {
      const own = (): PowerControl => this.#powerControlInstance(classes.get(name)!, registered.plugin);
      return {
        ...registered,
        get instance() {
          return own();
        },
      };
    });
  }

  #powerControlInstance(target: InjectableClass, plugin: string): PowerControl {
    try {
      return this.#plugins.get(plugin)!.get(target) as PowerControl;
    } catch (error) {
      const fail = (): Promise<never> => Promise.reject(error as Error);
      return { available: fail, reboot: fail, shutdown: fail };
    }
  }

  #streamInstance(name: string, plugin: string): EventStream | StateStream {
    try {
      return this.#plugins.get(plugin)!.get(this.#streamClasses.get(name)!) as EventStream | StateStream;
    } catch (error) {
      return { open: () => throwError(() => error) };
    }
  }

  #actionInstance(name: string, plugin: string): Action {
    try {
      return this.#plugins.get(plugin)!.get(this.#actionClasses.get(name)!) as Action;
    } catch (error) {
      return { run: () => Promise.reject(error as Error) };
    }
  }
}

const descriptionsOf = {
  streams: streamDescriptionOf,
  actions: actionDescriptionOf,
  powerControls: powerControlDescriptionOf,
} as const;

function classesByName(loaded: LoadedPlugins, kind: keyof typeof descriptionsOf): ReadonlyMap<string, InjectableClass> {
  const descriptionOf = descriptionsOf[kind];
  const classes = loaded.plugins.flatMap(({ definition }) => definition[kind] ?? []);
  return new Map(classes.map((target) => [descriptionOf(target)!.name, target]));
}
