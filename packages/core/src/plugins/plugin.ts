import type { ErrorTable } from '../diagnostics/device-error.js';
import type { z } from '../schemas/schema.js';

/** The version of this contract; a plugin names the range it was written for. */
export const pluginApiVersion = '1.0.0';

/** The injection token of a plugin's own options, parsed by its schema. */
export const PluginOptions = Symbol.for('devicerc.PluginOptions');

/** A service may implement this to start and to end with its plugin. */
export interface ServiceLifecycle {
  /**
   * Called once, in dependency order, before the first stream is opened. One that rejects, or takes longer than
   * 30 s, takes the plugin and those that depend on it out of service (`PLUGIN_FAULT`); the engine goes on.
   */
  start?(): void | Promise<void>;
  /** Called once, in reverse order, after the last stream was closed. It has 30 s; a rejection is logged. */
  dispose?(): void | Promise<void>;
}

export type InjectableClass = abstract new (...dependencies: never[]) => unknown;

export interface PluginDefinition<Options extends z.ZodType = z.ZodType> {
  /** The package's name, or for a single file its own: shown wherever a fault is attributed. */
  readonly name: string;
  /** Range of {@link pluginApiVersion} that it works with, such as `^1.0.0`; else loading ends with `PLUGIN_API_UNSUPPORTED`. */
  readonly api: string;
  /** Schema of `with:` beside `use:`. Left out: it takes no options. */
  readonly options?: Options;
  /** Names of plugins whose services it injects; they start before it and end after it. Default none. */
  readonly dependsOn?: readonly string[];
  /** Classes marked with @eventStream or @stateStream. */
  readonly streams?: readonly InjectableClass[];
  /** Classes marked with @action. */
  readonly actions?: readonly InjectableClass[];
  /** Classes marked with @powerControl, which extend PowerControl: how `device.reboot` and `device.shutdown` are done. */
  readonly powerControls?: readonly InjectableClass[];
  /** Injectable classes, one instance each, that this plugin and those that depend on it may inject. */
  readonly services?: readonly InjectableClass[];
  /** Its error codes, for the reference page; none of them may be one of the core or of another plugin in use. */
  readonly errors?: ErrorTable;
}

const brand = Symbol.for('devicerc.plugin');

/** Of a plugin without a schema for options. */
type NoOptions = z.ZodType<Readonly<Record<string, never>>, Readonly<Record<string, never>>>;

/** Declares a plugin: `export default definePlugin({ name, api: '^1.0.0', streams: [FanSpeed] })`. */
export function definePlugin<Options extends z.ZodType = NoOptions>(
  definition: PluginDefinition<Options>,
): PluginDefinition<Options> {
  return Object.freeze({ ...definition, [brand]: true });
}

export function isPluginDefinition(value: unknown): value is PluginDefinition {
  return typeof value === 'object' && value !== null && brand in value;
}
