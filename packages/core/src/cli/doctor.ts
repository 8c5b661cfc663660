import type { Command } from 'commander';
import type { CommandLine } from './command-line.js';
import { escapeLines } from '../diagnostics/control-characters.js';
import type { Finding } from '../engine/examination.js';
import { ExitCode } from './exit-code.js';

export function addDoctorCommand(program: Command, commandLine: CommandLine): void {
  program
    .command('doctor')
    .argument('[FILE]', 'the file; searched from the working folder when left out')
    .description('tell what this container lacks for the streams and actions that a file uses')
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      `
Examples:
  devicerc doctor
  balena exec $(balena ps -q -f name=behaviour) devicerc doctor

Exit codes: 0 nothing is missing, 1 something is, 78 the file has errors.`,
    )
    .action(async (file: string | undefined, { json }: { json?: true }) => {
      const [
        { findDeviceFile },
        { loadDevice },
        { examine },
        { surroundings },
        { DiagnosticsError },
        { print },
        { jsonText },
      ] = await Promise.all([
        import('../config/find-device-file.js'),
        import('../engine/load-device.js'),
        import('../engine/examination.js'),
        import('./surroundings.js'),
        import('../diagnostics/device-error.js'),
        import('./print.js'),
        import('./text.js'),
      ]);
      const around = surroundings(commandLine);
      const { model, plugins, diagnostics } = await loadDevice(await findDeviceFile(file, process.cwd()), around);
      if (!model || !plugins) throw new DiagnosticsError(diagnostics);
      const findings = await examine(model, plugins.registry, around.host);
      print(json ? jsonText(findings) : escapeLines(reportOf(findings)));
      process.exitCode = findings.every(({ met }) => met) ? ExitCode.good : ExitCode.failed;
    });
}

function reportOf(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'The streams and actions of this file ask nothing of the container.';
  const lines = findings.map(
    ({ met, summary, detail }) => `${met ? 'good   ' : 'missing'}  ${summary}\n         ${detail}`,
  );
  const missing = findings.filter(({ met }) => !met);
  if (missing.length === 0) return [...lines, '', 'Nothing is missing.'].join('\n');
  const compose = missing
    .filter((finding) => finding.compose !== '')
    .flatMap((finding) => finding.compose.trimEnd().split('\n'));
  if (compose.length === 0) return lines.join('\n');
  return [...lines, '', 'docker-compose.yml, under the service:', ...compose.map((line) => `    ${line}`)].join('\n');
}
