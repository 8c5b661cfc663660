import { resolve } from 'node:path';
import { checkDevice } from '../config/check.js';
import { type DeviceSource, readDeviceFile } from '../config/device-file.js';
import type { FileReader } from '../config/file-reader.js';
import type { SecretPlaceholder } from '../config/secrets.js';
import { type TestFile, withTests } from '../config/test-file.js';
import type { DeviceModel } from '../config/rule-model.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { ExpressionCompiler } from '../expressions/expression.js';
import type { HostEnvironment } from '../host/host-environment.js';
import type { ModuleImporter } from '../plugins/module-importer.js';
import type { PluginDefinition } from '../plugins/plugin.js';
import { type LoadedPlugins, PluginLoader, type PluginUse } from '../plugins/plugin-loader.js';
import { corePlugin } from '../builtin/core-plugin.js';

/** Plugins that come with the program, by the name that `use:` gives them; loaded when a file uses them. */
export type BuiltInPlugins = ReadonlyMap<string, () => Promise<PluginDefinition>>;

export interface DeviceSurroundings {
  readonly host: HostEnvironment;
  readonly files: FileReader;
  readonly expressions: ExpressionCompiler;
  readonly importModule: ModuleImporter;
  readonly builtIn: BuiltInPlugins;
  /** Values of `secrets.*` in place of those that the machine has. */
  readonly placeholderOf?: SecretPlaceholder;
}

/** What is in force before a file is. */
export const noRules: DeviceModel = {
  files: [],
  states: new Map(),
  rules: [],
  tests: [],
  secrets: {},
  bootSafety: { withoutRecord: 'refuse' },
};

/** A file that was found good. */
export type CheckedDevice = Required<Pick<LoadedDevice, 'model' | 'plugins'>>;

/** As far as a file could be read: later parts are missing when earlier ones had errors. */
export interface LoadedDevice {
  readonly source?: DeviceSource;
  readonly plugins?: LoadedPlugins;
  /** Present when there are no errors. */
  readonly model?: DeviceModel;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a file, loads its plugins without starting them, and checks it whole.
 * @param testFile a NAME.test.yml whose tests are read in place of those of the file
 */
export async function loadDevice(
  file: string,
  surroundings: DeviceSurroundings,
  testFile?: TestFile,
): Promise<LoadedDevice> {
  const { host, files, expressions, importModule, builtIn, placeholderOf } = surroundings;
  const read = await readDeviceFile(file, files);
  if (!read.ok) return { diagnostics: read.diagnostics };
  const source = testFile ? withTests(read.value, testFile) : read.value;
  const loader = new PluginLoader(importModule, await definitionsOf(source.plugins, builtIn), corePlugin);
  const loaded = await loader.load(source.plugins);
  if (!loaded.ok) return { source, diagnostics: loaded.diagnostics };
  const checked = await checkDevice(source, loaded.value.registry, expressions, host, placeholderOf);
  return { source, plugins: loaded.value, ...checked };
}

/** As {@link loadDevice}, unless the options know a way of their own. */
export function loadAsAsked(
  { file, load }: { readonly file: string; readonly load?: (file: string) => Promise<LoadedDevice> },
  surroundings: DeviceSurroundings,
): Promise<LoadedDevice> {
  return load ? load(file) : loadDevice(file, surroundings);
}

export function isGood(device: LoadedDevice): device is Required<LoadedDevice> {
  return device.model !== undefined;
}

/** The plugin of the file whose module a stack trace passes through, if any. */
export function pluginBehind(stack: string, { plugins }: DeviceSource): string | undefined {
  return plugins.find(({ specifier, baseFolder }) =>
    stack.includes(/^[./]/.test(specifier) ? resolve(baseFolder, specifier) : `/node_modules/${specifier}/`),
  )?.specifier;
}

async function definitionsOf(
  uses: readonly PluginUse[],
  builtIn: BuiltInPlugins,
): Promise<ReadonlyMap<string, PluginDefinition>> {
  const definitions = new Map<string, PluginDefinition>();
  for (const { specifier } of uses) {
    const load = builtIn.get(specifier);
    if (load) definitions.set(specifier, await load());
  }
  return definitions;
}
