import type { Clock } from '../clock/clock.js';
import { coreError } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import type { Logger } from '../diagnostics/logger.js';
import { Engine } from '../engine/engine.js';
import { SecretMask } from '../engine/secret-mask.js';
import type { HostEnvironment } from '../host/host-environment.js';
import type { ModuleImporter } from '../plugins/module-importer.js';
import { openLedger } from '../ledger/open-ledger.js';
import type { CommandLine } from './command-line.js';
import { print } from './print.js';
import type { RunOptions } from './run-options.js';
import { surroundings } from './surroundings.js';

interface Seat {
  readonly host: HostEnvironment;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The part of @devicerc/simulator that is used; devices do not carry it. */
interface Simulator {
  runSimulation(run: {
    readonly file: string;
    readonly createEngine: (seat: Seat) => Promise<Pick<Engine, 'start' | 'stop'>>;
    readonly print: (line: string) => void;
    readonly signal: AbortSignal;
  }): Promise<number>;
}

/** @throws DeviceError `SIMULATOR_MISSING`, and those of the simulation */
export async function runOnSimulatedDevice(
  file: string,
  options: RunOptions,
  commandLine: CommandLine,
): Promise<number> {
  const { importModule, builtIn } = surroundings(commandLine);
  const { runSimulation } = await importSimulator(importModule);
  const interruption = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => interruption.abort());
  return runSimulation({
    file,
    print,
    signal: interruption.signal,
    createEngine: async (seat) => {
      const shadow = options.shadow === true;
      const ledger = await openLedger({ ...seat, isSimulated: true, isShadow: shadow });
      const mask = new SecretMask(seat.host);
      try {
        const engine = await Engine.create({ ...seat, file, ledger, mask, importModule, builtIn, shadow });
        return { start: () => engine.start(), stop: () => engine.stop().finally(() => ledger.close()) };
      } catch (error) {
        await ledger.close();
        throw error;
      }
    },
  });
}

/** Beside the program, else in the project at hand. */
async function importSimulator(importModule: ModuleImporter): Promise<Simulator> {
  for (const folder of [import.meta.dirname, process.cwd()]) {
    try {
      return (await importModule('@devicerc/simulator', folder)) as Simulator;
    } catch (error) {
      if (!(error instanceof DeviceError && error.code === 'PLUGIN_NOT_FOUND')) throw error;
    }
  }
  throw coreError('SIMULATOR_MISSING', 'The package @devicerc/simulator is not installed.');
}
