import type { Command } from 'commander';
import type { CommandLine } from './command-line.js';
import type { TestOptions } from './test-options.js';

export function addTestCommand(program: Command, commandLine: CommandLine): void {
  program
    .command('test')
    .argument('[FILE]', 'a device file, or a NAME.test.yml; searched from the working folder when left out')
    .description('play the tests of a file and of each NAME.test.yml beside it, in virtual time')
    .option('--filter <TEXT>', 'only tests whose name holds the text')
    .option('--watch', 'play them again whenever a file changes')
    .option('--json', 'print the results as JSON')
    .option('--junit <FILE>', 'write the results as JUnit XML, for CI services')
    .addHelpText(
      'after',
      `
No plugin touches the outside: streams and actions are doubled by their schemas, and secrets have placeholders.

Examples:
  devicerc test
  devicerc test --filter 'reboots once' --watch
  devicerc test examples/ntp-reboot/.devicerc.yml --junit report.xml

Exit codes: 0 all passed, 1 one failed or there are none, 2 the filter fits none, 78 a file has errors.`,
    )
    .action(async (file: string | undefined, options: TestOptions) => {
      const [{ findDeviceFile }, { testOnce, testOnChange }] = await Promise.all([
        import('../config/find-device-file.js'),
        import('./test-run.js'),
      ]);
      const path = await findDeviceFile(file, process.cwd());
      if (options.watch) await testOnChange(path, options, commandLine);
      else process.exitCode = await testOnce(path, options, commandLine);
    });
}
