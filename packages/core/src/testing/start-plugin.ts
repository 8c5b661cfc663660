import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.js';
import { Engine } from '../engine/engine.js';
import { SecretMask } from '../engine/secret-mask.js';
import type { HostEnvironment } from '../host/host-environment.js';
import { FileLedger } from '../ledger/file-ledger.js';
import { SimulatedDisk } from '../ledger/storage/simulated-disk.js';
import type { PluginDefinition } from '../plugins/plugin.js';
import type { z } from '../schemas/schema.js';
import { SimulatedHost } from './simulated-host.js';
import { StartedPlugin } from './started-plugin.js';
import type { TestClock } from './stream-probe.js';

/** A plugin, or a plugin with its options. */
export type Dependency = PluginDefinition | readonly [plugin: PluginDefinition, options: unknown];

export interface PluginTestOptions<Options extends z.ZodType> {
  /** As `with:` would give them beside `use:`. */
  readonly options?: z.input<Options>;
  /** Default: a machine that shows nothing of itself. See `FakeHost`. */
  readonly host?: HostEnvironment;
  /** Default: a virtual one that stands still. Whoever makes a RealClock disposes it. */
  readonly clock?: TestClock;
  /** Plugins that it depends on, and others whose streams it reads. */
  readonly dependencies?: readonly Dependency[];
}

/**
 * Starts a plugin as the engine does, with no rules: its options are checked by its schema, and its services are started after
 * those of the plugins that it depends on. What the engine remembers lies in memory.
 *
 * @throws DiagnosticsError with everything that `devicerc check` would say of the plugins and their options
 * @throws DeviceError `PLUGIN_FAULT` when a plugin does not start
 */
export async function startPlugin<Options extends z.ZodType>(
  plugin: PluginDefinition<Options>,
  {
    options,
    host = new SimulatedHost(),
    clock = new VirtualClock(),
    dependencies = [],
  }: PluginTestOptions<Options> = {},
): Promise<StartedPlugin> {
  const timersBefore = clock.pendingTimers;
  const log = new RecordingLogger();
  const ledger = FileLedger.open({ folder: new SimulatedDisk().open(), clock, log, bootId: 'test' });
  const uses = [...dependencies.map(useOf), { plugin, options }];
  const engine = await withDeviceFile(uses, (file) =>
    Engine.create({
      file,
      clock,
      host,
      ledger,
      log,
      mask: new SecretMask(host),
      importModule: async (name) => ({ default: uses.find((use) => use.plugin.name === name)?.plugin }),
      builtIn: new Map(),
      random: () => 0,
      networkReach: () => 'everywhere',
    }),
  ).catch(async (error: unknown) => {
    await ledger.close();
    throw error;
  });
  const started = new StartedPlugin(plugin, { engine, ledger, clock, log, timersBefore });
  try {
    await engine.start();
    const [fault] = engine.plugins!.faults;
    if (fault) throw fault.error;
    return started;
  } catch (error) {
    await started.stop();
    throw error;
  }
}

interface Use {
  readonly plugin: PluginDefinition;
  readonly options: unknown;
}

function useOf(dependency: Dependency): Use {
  const [plugin, options] = isWithOptions(dependency) ? dependency : [dependency, undefined];
  return { plugin, options };
}

function isWithOptions(dependency: Dependency): dependency is Exclude<Dependency, PluginDefinition> {
  return Array.isArray(dependency);
}

/** JSON is YAML: the plugins and their options are read as those of any device file. */
async function withDeviceFile<Result>(uses: readonly Use[], work: (file: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'devicerc-plugin-'));
  try {
    const file = join(folder, '.devicerc.yml');
    const plugins = uses.map(({ plugin: { name }, options }) => ({ use: name, with: options }));
    await writeFile(file, JSON.stringify({ version: 1, plugins }));
    return await work(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
