import type { Clock } from '../clock/clock.js';
import type { FileReader } from '../config/file-reader.js';
import type { Logger } from '../diagnostics/logger.js';
import type { Ledger } from '../ledger/ledger.js';
import type { HostEnvironment } from '../host/host-environment.js';
import type { ModuleImporter } from '../plugins/module-importer.js';
import type { Reach } from '../network/network-reach.js';
import type { PluginDoubles } from '../plugins/plugin-doubles.js';
import type { TraceBounds } from '../rules/trace-bounds.js';
import type { RunTrace } from '../rules/trace.js';
import type { BlackBox } from './black-box/black-box.js';
import type { BuiltInPlugins, LoadedDevice } from './load-device.js';
import type { SecretMask } from './secret-mask.js';

export interface EngineOptions {
  /** Absolute path of the file. */
  readonly file: string;
  readonly clock: Clock;
  readonly host: HostEnvironment;
  /** Opened by who starts the engine, and closed by it after the stop. */
  readonly ledger: Ledger;
  readonly log: Logger;
  /** The mask of the log's writer: the engine adds the secrets of the file to it. */
  readonly mask: SecretMask;
  /** Reads the file and what it includes. Default: one that measures its patience on the clock of the engine. */
  readonly files?: FileReader;
  readonly importModule: ModuleImporter;
  readonly builtIn: BuiltInPlugins;
  /**
   * Decide and trace, do not act: as `shadow: true` in every rule. Needs a ledger that no other engine reads, or that one
   * would take for its own what is counted and fired here. Default false.
   */
  readonly shadow?: boolean;
  /** Read the file again when it changes on disk. Default false. */
  readonly watch?: boolean;
  /** The record of what led to the end of a boot. Default: none is kept. */
  readonly blackBox?: BlackBox;
  /** Uniform in [0, 1). Default Math.random. */
  readonly random?: () => number;
  /** How far the network reaches now. Default: as the routes of the host tell. */
  readonly networkReach?: () => Reach;
  /** Stand in for the streams and actions of all plugins. */
  readonly doubles?: PluginDoubles;
  /** How the file is read and checked; default {@link loadDevice}. */
  readonly load?: (file: string) => Promise<LoadedDevice>;
  /** Hears of each run besides the engine's own ring: when it begins, and when it ends. */
  readonly onTrace?: (trace: RunTrace) => void;
  /** Default: what a device with little memory can keep. */
  readonly traceBounds?: TraceBounds;
}
