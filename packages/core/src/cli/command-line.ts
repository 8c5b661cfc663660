import type { BuiltInPlugins } from '../engine/load-device.js';

/** What the program is made of; the bundle's entry says it. */
export interface CommandLine {
  readonly version: string;
  /** Plugins inside of the bundle, loaded when a file uses them. */
  readonly builtIn: BuiltInPlugins;
  /** Modules inside of the bundle that plugins from outside share with it, by specifier. */
  readonly sharedModules: () => Promise<Readonly<Record<string, object>>>;
  /** The compiled loader hooks that do the sharing. */
  readonly hooks: URL;
}
