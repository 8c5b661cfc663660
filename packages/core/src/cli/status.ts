import type { Command } from 'commander';
import { escapeControls } from '../diagnostics/control-characters.js';
import type { StatusAnswer } from '../engine/engine-view.js';

interface StatusOptions {
  readonly json?: true;
  readonly watch?: true;
}

export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .description('tell what the running engine does: its rules, streams, plugins and record')
    .option('--json', 'print it as JSON; points in time are milliseconds since the boot')
    .option('--watch', 'show it anew every second until Ctrl-C')
    .addHelpText(
      'after',
      `
Examples:
  devicerc status
  devicerc status --watch
  balena exec $(balena ps -q -f name=behaviour) devicerc status

Exit codes: 0 it answered, 1 no engine answers.`,
    )
    .action(async ({ json, watch }: StatusOptions) => {
      const [{ ask }, { statusText }, { jsonText }, { print }] = await Promise.all([
        import('./ask.js'),
        import('./status-text.js'),
        import('./text.js'),
        import('./print.js'),
      ]);
      const show = async (): Promise<string> => {
        const status = await ask<StatusAnswer>({ command: 'status' });
        if (json) return watch ? escapeControls(JSON.stringify(status)) : jsonText(status);
        return statusText(status);
      };
      if (!watch) return print(await show());
      const { watchText } = await import('./watch-text.js');
      await watchText(show);
    });
}
