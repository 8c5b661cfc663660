import type { Command } from 'commander';
import type { CommandLine } from './command-line.js';
import type { LoadedDevice } from '../engine/load-device.js';
import { ExitCode } from './exit-code.js';

export function addCheckCommand(program: Command, commandLine: CommandLine): void {
  program
    .command('check')
    .argument('[FILE]', 'the file; searched from the working folder when left out')
    .description('find everything that is wrong with a file, without running it')
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      `
Examples:
  devicerc check
  devicerc check deploy/.devicerc.yml --json

Exit codes: 0 good (hints and warnings may be printed), 78 the file has errors.`,
    )
    .action(async (file: string | undefined, { json }: { json?: true }) => {
      const [{ findDeviceFile }, { loadDevice }, { surroundings }, { print, diagnosticsText }] = await Promise.all([
        import('../config/device-file.js'),
        import('../engine/load-device.js'),
        import('./surroundings.js'),
        import('./print.js'),
      ]);
      const path = await findDeviceFile(file, process.cwd());
      const device = await loadDevice(path, surroundings(commandLine));
      if (json) {
        const { diagnosticsToJson } = await import('../diagnostics/report.js');
        print(JSON.stringify(diagnosticsToJson(device.diagnostics), null, 2));
      } else {
        if (device.diagnostics.length > 0) print(`${diagnosticsText(device.diagnostics, process.stdout.isTTY)}\n`);
        print(summaryOf(path, device));
      }
      process.exitCode = device.model ? ExitCode.good : ExitCode.badConfiguration;
    });
}

function summaryOf(path: string, { model, diagnostics }: LoadedDevice): string {
  if (model) return `${path} is good: ${amount(model.rules.length, 'rule')}.`;
  return `${path} has ${amount(diagnostics.filter(({ severity }) => severity === 'error').length, 'error')}.`;
}

function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
