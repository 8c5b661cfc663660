import type { Command } from 'commander';
import type { DryRun } from '../rules/dry-run.js';
import { ExitCode } from './exit-code.js';

interface TryOptions {
  readonly event?: string;
  readonly json?: true;
}

export function addTryCommand(program: Command): void {
  program
    .command('try')
    .argument('<RULE>', 'the name of a rule')
    .description('show what a rule of the running engine would do now, without doing it')
    .option('--event <JSON>', 'what it reads as `event`; the last event that it saw when left out')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      `
Its if, mode and limits are asked, and the inputs of its steps are rendered; no action is called, nothing is counted.

Examples:
  devicerc try reboot-when-ntp-stays-unsynced
  devicerc try mount-and-notify --event '{ "properties": { "ID_BUS": "usb" } }'

Exit codes: 0 it would run, 1 it would not, no engine answers, or there is no such rule.`,
    )
    .action(async (rule: string, { event, json }: TryOptions) => {
      const [{ ask }, { tryText }, { jsonText }, { print }, { parseJson }] = await Promise.all([
        import('./ask.js'),
        import('./try-text.js'),
        import('./text.js'),
        import('./print.js'),
        import('./json-argument.js'),
      ]);
      const given = event === undefined ? {} : { event: parseJson(event, 'The event') };
      const answer = await ask<DryRun>({ command: 'try', with: { rule, ...given } });
      print(json ? jsonText(answer) : tryText(answer));
      process.exitCode = answer.wouldRun ? ExitCode.good : ExitCode.failed;
    });
}
