import { writeFile } from 'node:fs/promises';
import { RealClock } from '../clock/real-clock.js';
import { FileWatch } from '../engine/file-watch.js';
import { escapeControls, escapeLines } from '../diagnostics/control-characters.js';
import { coreError } from '../diagnostics/core-errors.js';
import { diagnosticsToJson } from '../diagnostics/report.js';
import { describeError } from '../diagnostics/user-message.js';
import { junitReport } from '../testing/junit.js';
import { isTestFileBeside, loadTests, type LoadedTests } from '../testing/load-tests.js';
import { runTests } from '../testing/run-tests.js';
import { isGood, testReport, testReportJson } from '../testing/test-report.js';
import type { CommandLine } from './command-line.js';
import { ExitCode } from './exit-code.js';
import { diagnosticsText, print } from './print.js';
import { surroundings } from './surroundings.js';
import { jsonText } from './text.js';
import type { TestOptions } from './test-options.js';

/** Plays the tests and prints how they went. */
export async function testOnce(path: string, options: TestOptions, commandLine: CommandLine): Promise<ExitCode> {
  return outcomeOf(path, await loadTests(path, surroundings(commandLine)), options);
}

/** Plays the tests again after each change, until Ctrl-C. */
export async function testOnChange(path: string, options: TestOptions, commandLine: CommandLine): Promise<void> {
  const clock = new RealClock();
  let turn = Promise.resolve();
  const play = async (): Promise<void> => {
    if (process.stdout.isTTY) print('\x1b[2J\x1b[H');
    const loaded = await loadTests(path, surroundings(commandLine));
    await watch.watch(loaded.files);
    await outcomeOf(path, loaded, options).catch(tell);
    if (!options.json) print('Waiting for a change; Ctrl-C ends it.');
  };
  const again = (): void => void (turn = turn.then(play).catch(tell));
  const watch = new FileWatch(clock, again, tell, (other) => isTestFileBeside(path, other));
  again();
  await new Promise((resolve) => process.once('SIGINT', resolve));
  await turn;
  await watch.close();
  clock.dispose();
}

function tell(error: unknown): void {
  process.stderr.write(`${escapeLines(describeError(error).message)}\n`);
}

async function outcomeOf(
  path: string,
  { suites, diagnostics }: LoadedTests,
  { filter, json, junit }: TestOptions,
): Promise<ExitCode> {
  if (diagnostics.some(({ severity }) => severity === 'error')) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    if (json) print(jsonText({ diagnostics: diagnosticsToJson(errors) }));
    else process.stderr.write(`${diagnosticsText(errors, process.stderr.isTTY)}\n`);
    return ExitCode.badConfiguration;
  }
  const results = await runTests(suites, filter);
  const { played } = results;
  if (json) print(jsonText(testReportJson(results)));
  else if (played.length === 0) print(escapeControls(noTests(path, filter)));
  else print(testReport(results, { color: process.stdout.isTTY, folder: process.cwd() }));
  if (junit !== undefined) await writeReport(junit, junitReport(played));
  if (played.length === 0) return filter === undefined ? ExitCode.failed : ExitCode.usage;
  return played.every(isGood) ? ExitCode.good : ExitCode.failed;
}

async function writeReport(path: string, report: string): Promise<void> {
  try {
    await writeFile(path, report);
  } catch (error) {
    const remedy = 'Name a file in a folder that is there and that you may write in.';
    const reason = (error as Error).message;
    throw coreError('ARGUMENT_MALFORMED', `The report of --junit cannot be written: ${reason}.`, { remedy });
  }
}

function noTests(path: string, filter: string | undefined): string {
  if (filter !== undefined) return `No test has "${filter}" in its name.`;
  return `There are no tests under "tests:" of ${path} and in no NAME.test.yml beside it.`;
}
