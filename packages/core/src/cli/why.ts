import type { Command } from 'commander';
import type { WhyAnswer } from '../engine/engine-view.js';

export function addWhyCommand(program: Command): void {
  program
    .command('why')
    .argument('<RULE>', 'the name of a rule')
    .description('tell why a rule of the running engine does what it does, or does not')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      `
It shows every part of the rule's conditions with its present value, what blocks it, when it could fire next, its last runs
and why the last ones were refused.

Examples:
  devicerc why reboot-when-ntp-stays-unsynced
  devicerc why mount-and-notify --json

Exit codes: 0 it answered, 1 no engine answers, or there is no such rule.`,
    )
    .action(async (rule: string, { json }: { json?: true }) => {
      const [{ ask }, { whyText }, { jsonText }, { print }] = await Promise.all([
        import('./ask.js'),
        import('./why-text.js'),
        import('./text.js'),
        import('./print.js'),
      ]);
      const answer = await ask<WhyAnswer>({ command: 'why', with: { rule } });
      print(json ? jsonText(answer) : whyText(answer));
    });
}
