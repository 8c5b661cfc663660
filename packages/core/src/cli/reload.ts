import type { Command } from 'commander';
import { ExitCode } from './exit-code.js';

export function addReloadCommand(program: Command): void {
  program
    .command('reload')
    .description('let the running engine read its file again; a bad file leaves the old one in force')
    .option('--json', 'print the outcome and the findings as JSON')
    .addHelpText(
      'after',
      `
Examples:
  devicerc reload
  devicerc check && devicerc reload

Exit codes: 0 the new file is in force, 1 no engine answers or the file could not be put in force, 78 it has errors.`,
    )
    .action(async ({ json }: { json?: true }) => {
      const [{ ask }, { Duration }, { jsonText }, { print, diagnosticsText }] = await Promise.all([
        import('./ask.js'),
        import('../clock/duration.js'),
        import('./text.js'),
        import('./print.js'),
      ]);
      const { applied, diagnostics } = await ask<{
        applied: boolean;
        diagnostics: Parameters<typeof diagnosticsText>[0];
      }>({ command: 'reload', timeout: Duration.parse('5m') });
      if (json) print(jsonText({ applied, diagnostics }));
      else {
        if (diagnostics.length > 0) print(`${diagnosticsText(diagnostics, process.stdout.isTTY)}\n`);
        print(applied ? 'The new file is in force.' : 'The old file stays in force.');
      }
      const isBadFile = diagnostics.some(({ severity, range }) => severity === 'error' && range !== undefined);
      process.exitCode = applied ? ExitCode.good : isBadFile ? ExitCode.badConfiguration : ExitCode.failed;
    });
}
