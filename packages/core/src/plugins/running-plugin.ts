import { Container, type ServiceIdentifier } from 'inversify';
import type { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import { Logger } from '../diagnostics/logger.js';
import type { LoadedPlugin } from './loaded-plugin.js';
import type { PluginPorts } from './plugin-ports.js';
import { PluginOptions, type InjectableClass, type ServiceLifecycle } from './plugin.js';

/** Time that one service gets to start or to end. */
const lifecycleTimeout = Duration.parse('30s');

export interface PluginSurroundings {
  /** Parent of the plugin's own container. */
  readonly container: Container;
  /** Which plugin brings a service class. */
  readonly owners: ReadonlyMap<unknown, string>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ports: PluginPorts;
}

/** One plugin with its own container: it sees the engine, its own services and those of the plugins it depends on. */
export class RunningPlugin {
  readonly name: string;
  readonly services: readonly InjectableClass[];
  readonly #container: Container;
  readonly #log: Logger;
  /** What was made before: the container would look the whole graph up again for each call of an action. */
  readonly #instances = new Map<InjectableClass, unknown>();
  readonly #started: [string, ServiceLifecycle][] = [];
  #fault: DeviceError | undefined;

  constructor(
    { definition, options }: LoadedPlugin,
    private readonly dependencies: readonly RunningPlugin[],
    private readonly surroundings: PluginSurroundings,
  ) {
    const { name, services = [], streams = [], actions = [], powerControls = [] } = definition;
    this.name = name;
    this.services = services;
    this.#log = surroundings.log.child({ plugin: name });
    this.#container = new Container({ parent: surroundings.container, defaultScope: 'Singleton' });
    this.#container.bind(PluginOptions).toConstantValue(options);
    this.#container.bind(Logger).toConstantValue(this.#log);
    for (const [port, value] of surroundings.ports(name, this.#log)) this.#container.bind(port).toConstantValue(value);
    const own = new Set([...services, ...streams, ...actions, ...powerControls]);
    for (const target of own) this.#container.bind(target as new () => unknown).toSelf();
    for (const dependency of dependencies) {
      for (const service of dependency.services) {
        this.#container.bind(service).toDynamicValue(() => dependency.get(service));
      }
    }
  }

  /** Why it is out of service. */
  get fault(): DeviceError | undefined {
    return this.#fault;
  }

  /** Never rejects: a failure is kept as the fault. */
  async start(): Promise<void> {
    const failed = this.dependencies.find((dependency) => dependency.fault);
    if (failed) return this.#fail(`it depends on ${failed.name}, which is out of service`, failed.fault);
    for (const service of this.services) {
      try {
        const instance = this.get(service) as ServiceLifecycle;
        this.#started.push([service.name, instance]);
        await this.#within(`${this.name} ${service.name}.start`, () => instance.start?.());
      } catch (error) {
        return this.#fail(`${service.name} failed to start`, error);
      }
    }
  }

  /** Never rejects: what fails is logged. */
  async dispose(): Promise<void> {
    for (const [service, instance] of this.#started.splice(0).reverse()) {
      try {
        await this.#within(`${this.name} ${service}.dispose`, () => instance.dispose?.());
      } catch (error) {
        this.#log.error(`The plugin ${this.name} could not end ${service}: ${reasonOf(error)}`);
      }
    }
  }

  /** @throws DeviceError `PLUGIN_FAULT`, `PLUGIN_SERVICE_HIDDEN` */
  get(target: InjectableClass): unknown {
    if (this.#fault) throw this.#fault;
    if (this.#instances.has(target)) return this.#instances.get(target);
    this.#checkVisible(target);
    try {
      const instance: unknown = this.#container.get(target as ServiceIdentifier);
      this.#instances.set(target, instance);
      return instance;
    } catch (error) {
      if (error instanceof DeviceError) throw error;
      throw coreError('PLUGIN_FAULT', `${target.name} of the plugin ${this.name} cannot be made: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  #checkVisible(target: InjectableClass): void {
    const injected = (Reflect.getMetadata('design:paramtypes', target) ?? []) as readonly unknown[];
    const visible = new Set<unknown>([this, ...this.dependencies].flatMap(({ services }) => services));
    for (const dependency of injected) {
      const owner = this.surroundings.owners.get(dependency);
      if (owner === undefined || visible.has(dependency)) continue;
      const service = (dependency as InjectableClass).name;
      throw coreError(
        'PLUGIN_SERVICE_HIDDEN',
        `${target.name} of ${this.name} injects ${service} of ${owner}, but ${this.name} does not depend on ${owner}.`,
        { remedy: `Add dependsOn: ['${owner}'] to the definition of ${this.name}.` },
      );
    }
  }

  #fail(what: string, error: unknown): void {
    const message = `The plugin ${this.name} is out of service: ${what}: ${reasonOf(error)}`;
    this.#fault = coreError('PLUGIN_FAULT', message, { cause: error });
    this.#log.error(message);
  }

  /** @throws DeviceError `PLUGIN_TIMEOUT` */
  async #within(name: string, work: () => void | Promise<void> | undefined): Promise<void> {
    const timeout = new AbortController();
    const late = this.surroundings.clock.sleep(lifecycleTimeout, name, timeout.signal).then(() => {
      throw coreError('PLUGIN_TIMEOUT', `${name} did not end within ${lifecycleTimeout}.`);
    });
    try {
      await Promise.race([Promise.resolve(work()), late]);
    } finally {
      timeout.abort();
      late.catch(() => undefined);
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
