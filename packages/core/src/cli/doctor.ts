import type { Command } from 'commander';
import type { CommandLine } from './command-line.js';
import { escapeLines } from '../diagnostics/control-characters.js';
import type { Finding } from '../engine/examination.js';
import { ExitCode } from './exit-code.js';

export function addDoctorCommand(program: Command, commandLine: CommandLine): void {
  program
    .command('doctor')
    .argument('[FILE]', 'the file; searched from the working folder when left out')
    .description('tell what this container lacks for what a file uses, and which of its states cannot be read')
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      `
Examples:
  devicerc doctor
  balena exec $(balena ps -q -f name=behaviour) devicerc doctor

The streams are opened for a moment, beside an engine that may run; one that cannot be read takes 10 s.

Exit codes: 0 nothing is missing and all can be read, 1 something is or cannot, 78 the file has errors.`,
    )
    .action(async (file: string | undefined, { json }: { json?: true }) => {
      const [
        { findDeviceFile },
        { loadDevice },
        { examine },
        { SecretMask },
        { RealClock },
        { surroundings },
        { DiagnosticsError },
        { print },
        { jsonText },
        { endProcess },
      ] = await Promise.all([
        import('../config/find-device-file.js'),
        import('../engine/load-device.js'),
        import('../engine/examination.js'),
        import('../engine/secret-mask.js'),
        import('../clock/real-clock.js'),
        import('./surroundings.js'),
        import('../diagnostics/device-error.js'),
        import('./print.js'),
        import('./text.js'),
        import('./end-process.js'),
      ]);
      const around = surroundings(commandLine);
      const { model, plugins, diagnostics } = await loadDevice(await findDeviceFile(file, process.cwd()), around);
      if (!model || !plugins) throw new DiagnosticsError(diagnostics);
      const mask = new SecretMask(around.host);
      mask.addNamed(model.secrets);
      const findings = await examine({ model, plugins }, { ...around, clock: new RealClock(), mask });
      const shown = mask.structure(findings) as readonly Finding[];
      print(json ? jsonText(shown) : escapeLines(reportOf(shown)));
      // What plugins leave open must not keep it.
      endProcess(findings.every(({ met }) => met) ? ExitCode.good : ExitCode.failed);
    });
}

function reportOf(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'The streams and actions of this file ask nothing of the container.';
  const verdict = ({ kind, met }: Finding): string => (met ? 'good   ' : kind === 'stream' ? 'lost   ' : 'missing');
  const lines = findings.map((finding) => `${verdict(finding)}  ${finding.summary}\n         ${finding.detail}`);
  if (findings.every(({ met }) => met)) return [...lines, '', 'Nothing is missing.'].join('\n');
  const missing = findings.filter(({ met }) => !met);
  const compose = missing.flatMap(({ compose }) => (compose ? compose.trimEnd().split('\n') : []));
  if (compose.length === 0) return lines.join('\n');
  return [...lines, '', 'docker-compose.yml, under the service:', ...compose.map((line) => `    ${line}`)].join('\n');
}
