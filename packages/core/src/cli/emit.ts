import type { Command } from 'commander';

export function addEmitCommand(program: Command): void {
  program
    .command('emit')
    .argument('<EVENT>', 'its name, which rules read with `custom: { event: NAME }`')
    .argument('[JSON]', 'its data, read as `event.data`', 'null')
    .description('hand an event to the rules of the running engine')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      `
Examples:
  devicerc emit door-opened
  devicerc emit door-opened '{ "id": 7 }'

Exit codes: 0 it was taken (whether a rule listens is told by devicerc status), 1 no engine answers.`,
    )
    .action(async (event: string, text: string, { json }: { json?: true }) => {
      const [{ ask }, { jsonText, wrapped }, { print }, { parseJson }] = await Promise.all([
        import('./ask.js'),
        import('./text.js'),
        import('./print.js'),
        import('./json-argument.js'),
      ]);
      const data = parseJson(text, 'The data of the event');
      const answer = await ask({ command: 'emit', with: { event, data } });
      print(json ? jsonText(answer) : wrapped(`The event "${event}" was handed to the rules.`, 2, 0));
    });
}
