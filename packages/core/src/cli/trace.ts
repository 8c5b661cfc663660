import type { Command } from 'commander';
import type { TraceAnswer, TracesAnswer } from '../engine/engine-view.js';

interface TraceOptions {
  readonly boot?: string;
  readonly last?: string;
  readonly json?: true;
}

export function addTraceCommand(program: Command): void {
  program
    .command('trace')
    .argument('[RUN]', 'the id of a run, or its beginning; the last runs are listed when left out')
    .description('show the last runs of the rules, one run with its steps, or what led to the end of an earlier boot')
    .option('--boot <NUMBER>', 'the black box of a boot: 0 the present one, -1 the one before; needs no running engine')
    .option('--last <DURATION>', 'how much of the boot is shown, back from its end (default: 30m); goes with --boot')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      `
Examples:
  devicerc trace
  devicerc trace 4f1a
  devicerc trace --boot -1             why did it reboot?
  devicerc trace --boot -1 --last 2h

Exit codes: 0 it is shown, 1 no engine answers, or there is no such run or boot.`,
    )
    .action(async (run: string | undefined, options: TraceOptions) => {
      if (options.boot !== undefined && run !== undefined) throw await runWithBoot(run);
      if (options.boot !== undefined) return showBoot(options.boot, options);
      if (options.last !== undefined) throw await lastWithoutBoot();
      if (run === undefined) return showRuns(options);
      return showRun(run, options);
    });
}

async function showRuns({ json }: TraceOptions): Promise<void> {
  const [{ ask }, { runsText }, { jsonText }, { print }] = await texts();
  const { runs, dropped, now } = await ask<TracesAnswer>({ command: 'traces' });
  print(json ? jsonText(runs) : runsText(runs, dropped, now));
}

async function showRun(id: string, { json }: TraceOptions): Promise<void> {
  const [{ ask }, { runText, intentsText }, { jsonText }, { print }] = await texts();
  const { run, intents, now } = await ask<TraceAnswer>({ command: 'trace', with: { run: id } });
  if (json) return print(jsonText({ ...run, intents }));
  print(runText(run, now));
  if (intents.length > 0) print(intentsText(intents));
}

async function showBoot(text: string, { json, last = '30m' }: TraceOptions): Promise<void> {
  const index = Number(text);
  const [{ parseDuration }, { coreError }, { recordedBoot }, { bootText }, { jsonText }, { print }] = await Promise.all(
    [
      import('./duration-argument.js'),
      import('../diagnostics/core-errors.js'),
      import('./recorded-boot.js'),
      import('./boot-text.js'),
      import('./text.js'),
      import('./print.js'),
    ],
  );
  if (!Number.isInteger(index) || index > 0) {
    const meaning = '--boot takes 0 for the present boot, -1 for the one before it, and so on';
    throw coreError('ARGUMENT_MALFORMED', `${meaning}; "${text}" is none of them.`);
  }
  const { milliseconds } = parseDuration(last, '--last');
  const boot = await recordedBoot(index);
  print(json ? jsonText(boot) : bootText(boot, index === 0, milliseconds));
}

async function runWithBoot(run: string): Promise<Error> {
  const { coreError } = await import('../diagnostics/core-errors.js');
  const remedy = `Leave one of them out: \`devicerc trace ${run}\` asks the running engine.`;
  return coreError('ARGUMENT_MALFORMED', 'RUN is one of the running engine; --boot shows a whole boot.', { remedy });
}

async function lastWithoutBoot(): Promise<Error> {
  const { coreError } = await import('../diagnostics/core-errors.js');
  const remedy = 'Name the boot: `devicerc trace --boot 0 --last 2h`.';
  return coreError('ARGUMENT_MALFORMED', '--last is about the black box of a boot.', { remedy });
}

function texts() {
  return Promise.all([import('./ask.js'), import('./trace-text.js'), import('./text.js'), import('./print.js')]);
}
