import type { Command } from 'commander';
import { escapeControls } from '../diagnostics/control-characters.js';
import { ExitCode } from './exit-code.js';

export function addHealthCommand(program: Command): void {
  program
    .command('health')
    .description('tell by the exit code whether a restart of the container would help; for HEALTHCHECK')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      `
Unhealthy are an engine that does not answer within 5 s, and one that has stopped. Lost streams, faults of rules, safe
mode, a bad file or a full disk are not: a restart would not mend them. See them with devicerc status.

Examples:
  devicerc health
  HEALTHCHECK --interval=2m --timeout=30s --start-period=2m --retries=3 CMD ["devicerc", "health"]

Exit codes: 0 healthy, 1 a restart would help.`,
    )
    .action(async ({ json }: { json?: true }) => {
      const [{ RealClock }, { healthOf }, { runtimeFolder }, { ProcessHost }, { print }] = await Promise.all([
        import('../clock/real-clock.js'),
        import('../engine/control/health.js'),
        import('../engine/control/runtime-folder.js'),
        import('../host/process-host.js'),
        import('./print.js'),
      ]);
      const clock = new RealClock();
      const health = await healthOf(runtimeFolder(new ProcessHost()), clock);
      clock.dispose();
      // Before it is printed: where that fails, the code is the answer.
      process.exitCode = health.healthy ? ExitCode.good : ExitCode.failed;
      print(escapeControls(json ? JSON.stringify(health) : `${health.healthy ? '' : 'un'}healthy: ${health.detail}`));
    });
}
