import { Container } from 'inversify';
import type { ActionContext } from '../actions/action.js';
import { Clock } from '../clock/clock.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { DiagnosticsError } from '../diagnostics/device-error.js';
import type { Diagnostic, SourceRange } from '../diagnostics/diagnostic.js';
import { Logger } from '../diagnostics/logger.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import type { Compilation } from '../expressions/expression.js';
import { HostEnvironment } from '../host/host-environment.js';
import { ProcessHost } from '../host/process-host.js';
import { z } from '../schemas/schema.js';
import { SharedStreamHub } from '../streams/shared-stream-hub.js';
import { StreamHub } from '../streams/stream-hub.js';
import type { LoadedPlugins } from './loaded-plugin.js';
import type { PluginDoubles } from './plugin-doubles.js';
import { PluginHost } from './plugin-host.js';
import { PluginLoader } from './plugin-loader.js';
import type { PluginUse } from './plugin-use.js';
import { definePlugin, type PluginDefinition } from './plugin.js';

/** The default exports of the modules in use, by specifier, in the order of the file. */
export type Modules = Readonly<Record<string, PluginDefinition>>;

/** A plugin for this engine that brings what is given. */
export function pluginOf(name: string, brings: Partial<PluginDefinition> = {}): PluginDefinition {
  return definePlugin({ name, api: '^1.0.0', ...brings });
}

/** An entry of `plugins:`; its places bear the path of what stands there, such as `fan.with.minimum`. */
export function useOf(specifier: string, options?: unknown): PluginUse {
  return {
    specifier,
    options,
    baseFolder: '/device',
    range: placeOf(specifier),
    optionRange: (path) => placeOf([specifier, 'with', ...path].join('.')),
  };
}

function placeOf(path: string): SourceRange {
  const position = { line: 1, column: 1, offset: 0 };
  return { file: path, start: position, end: position };
}

/** Loads all modules as a device file that uses them does, with the options under `with`, by specifier. */
export function load(
  modules: Modules,
  options: Readonly<Record<string, unknown>> = {},
  core?: PluginDefinition,
): Promise<Compilation<LoadedPlugins>> {
  const importModule = (specifier: string): Promise<unknown> => Promise.resolve({ default: modules[specifier] });
  const uses = Object.keys(modules).map((specifier) => useOf(specifier, options[specifier]));
  return new PluginLoader(importModule, new Map(), core).load(uses);
}

/** What keeps the modules from being loaded, each finding as its code, its place and its message. */
export function findingsOf(loading: Compilation<LoadedPlugins>): readonly string[] {
  const text = ({ code, range, message }: Diagnostic): string => `${code} ${range?.file}: ${message}`;
  return loading.ok ? [] : loading.diagnostics.map(text);
}

/** Plugins as an engine starts them, on the real stream hub and in virtual time. */
export class PluginBench {
  readonly clock = new VirtualClock();
  readonly log = new RecordingLogger();
  readonly container = new Container({ defaultScope: 'Singleton' });
  readonly hub = new SharedStreamHub(
    (name) => this.container.get(PluginHost).stream(name),
    this.clock,
    this.log,
    () => 0,
  );

  constructor() {
    this.container.bind(Clock).toConstantValue(this.clock);
    this.container.bind(Logger).toConstantValue(this.log);
    this.container.bind(HostEnvironment).toConstantValue(new ProcessHost());
    this.container.bind(StreamHub).toConstantValue(this.hub);
  }

  /** @throws DiagnosticsError when they cannot be loaded */
  async start(
    modules: Modules,
    {
      options = {},
      doubles,
    }: { readonly options?: Readonly<Record<string, unknown>>; readonly doubles?: PluginDoubles } = {},
  ): Promise<PluginHost> {
    const loading = await load(modules, options);
    if (!loading.ok) throw new DiagnosticsError(loading.diagnostics);
    return PluginHost.start(loading.value, this.container, doubles);
  }

  /** Calls an action as the action runner does. */
  run(name: string, input: unknown = {}): Promise<unknown> {
    const context: ActionContext = {
      signal: new AbortController().signal,
      log: this.log,
      rule: 'rule',
      run: '1',
      attempt: 1,
      idempotencyKey: 'key',
      held: false,
    };
    return this.container.get(PluginHost).action(name)!.instance.run(input, context);
  }

  /** What an open state stream says now: its value, or why it is lost. */
  read(stream: string, parameters: unknown = {}): unknown {
    const source = this.hub.state({ stream, parameters });
    const subscription = source.changes.subscribe();
    const { value, quality, reason } = source.reading;
    subscription.unsubscribe();
    return quality === 'ok' ? value : `${quality}: ${reason}`;
  }
}

/** Options of an action or a value of a stream that are of no interest. */
export const nothing = z.object({});
