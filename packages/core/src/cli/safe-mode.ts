import { Argument, type Command } from 'commander';

export function addSafeModeCommand(program: Command): void {
  program
    .command('safe-mode')
    .addArgument(new Argument('<off>', 'leave it').choices(['off']))
    .description('let rules reboot and shut down the machine again, after short boots put an end to it')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      `
Find out first why the boots were short: devicerc trace --boot -1

Examples:
  devicerc safe-mode off

Exit codes: 0 it is off, 1 no engine answers.`,
    )
    .action(async (_off: string, { json }: { json?: true }) => {
      const [{ ask }, { jsonText }, { print }] = await Promise.all([
        import('./ask.js'),
        import('./text.js'),
        import('./print.js'),
      ]);
      const answer = await ask<{ left: boolean }>({ command: 'safe-mode-off' });
      if (json) print(jsonText(answer));
      else print(answer.left ? 'Safe mode is off: rules may reboot and shut down again.' : 'Safe mode was not on.');
    });
}
