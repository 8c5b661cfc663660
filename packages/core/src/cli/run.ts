import type { Command } from 'commander';
import { Option } from 'commander';
import type { CommandLine } from './command-line.js';
import type { RunOptions } from './run-options.js';

export function addRunCommand(program: Command, commandLine: CommandLine): void {
  program
    .command('run')
    .argument('[FILE]', 'the file; searched from the working folder when left out')
    .description('run the rules of a file until SIGTERM or Ctrl-C')
    .option('--simulate', 'run on a simulated device, as simulation.yml beside the file says')
    .option('--shadow', 'decide and trace, but do and keep nothing')
    .addOption(new Option('--log <FORMAT>', 'default: pretty on a terminal, else json').choices(['json', 'pretty']))
    .addOption(
      new Option('--log-level <LEVEL>', 'lowest level that is written')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .addHelpText(
      'after',
      `
SIGTERM and SIGINT stop it within 8 s with code 0; SIGHUP, or a change of the file, reads the file again. A file with
errors never replaces one that runs.

Examples:
  devicerc run
  devicerc run --simulate
  devicerc run .devicerc.yml --shadow --log json --log-level debug`,
    )
    .action(async (file: string | undefined, options: RunOptions) => {
      const { findDeviceFile } = await import('../config/find-device-file.js');
      const path = await findDeviceFile(file, process.cwd());
      if (options.simulate) {
        const { runOnSimulatedDevice } = await import('./simulated-run.js');
        process.exitCode = await runOnSimulatedDevice(path, options, commandLine);
      } else {
        const [{ runOnThisMachine }, { endProcess }] = await Promise.all([
          import('./machine-run.js'),
          import('./end-process.js'),
        ]);
        endProcess(await runOnThisMachine(path, options, commandLine));
      }
    });
}
