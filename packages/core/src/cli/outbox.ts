import type { Command } from 'commander';
import type { OutboxList } from '../outbox/outbox-list.js';

export function addOutboxCommand(program: Command): void {
  program
    .command('outbox')
    .description('list the notifications that wait for the network, and those that were given up')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      `
Examples:
  devicerc outbox
  devicerc outbox --json

Exit codes: 0 it answered, 1 no engine answers.`,
    )
    .action(async ({ json }: { json?: true }) => {
      const [{ ask }, { jsonText }, { print }] = await Promise.all([
        import('./ask.js'),
        import('./text.js'),
        import('./print.js'),
      ]);
      const list = await ask<OutboxList>({ command: 'outbox' });
      print(json ? jsonText(list) : (await import('./outbox-text.js')).outboxText(list));
    });
}
