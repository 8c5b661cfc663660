import type { Command } from 'commander';
import type { CommandLine } from './command-line.js';

export function addCheckCommand(program: Command, commandLine: CommandLine): void {
  program
    .command('check')
    .argument('[FILE]', 'the file; searched from the working folder when left out')
    .description('find everything that is wrong with a file and each NAME.test.yml beside it, without running it')
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
      const [{ findDeviceFile }, { checkFile }] = await Promise.all([
        import('../config/find-device-file.js'),
        import('./check-run.js'),
      ]);
      process.exitCode = await checkFile(await findDeviceFile(file, process.cwd()), json === true, commandLine);
    });
}
