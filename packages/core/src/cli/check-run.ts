import { escapeControls } from '../diagnostics/control-characters.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { diagnosticsToJson } from '../diagnostics/report.js';
import { loadDevice, type LoadedDevice } from '../engine/load-device.js';
import { errorsOfTestFiles } from '../testing/load-tests.js';
import type { CommandLine } from './command-line.js';
import { ExitCode } from './exit-code.js';
import { diagnosticsText, print } from './print.js';
import { surroundings } from './surroundings.js';
import { jsonText } from './text.js';

/** Checks a file and each NAME.test.yml beside it, and prints what is found. */
export async function checkFile(path: string, json: boolean, commandLine: CommandLine): Promise<ExitCode> {
  const around = surroundings(commandLine);
  const device = await loadDevice(path, around);
  const ofTests = device.source ? await errorsOfTestFiles(path, device.source.files, around) : [];
  const diagnostics = [...device.diagnostics, ...ofTests];
  if (json) print(jsonText(diagnosticsToJson(diagnostics)));
  else {
    if (diagnostics.length > 0) print(`${diagnosticsText(diagnostics, process.stdout.isTTY)}\n`);
    print(summaryOf(escapeControls(path), device, ofTests.length));
  }
  return errorsIn(diagnostics) === 0 ? ExitCode.good : ExitCode.badConfiguration;
}

function summaryOf(path: string, { model, diagnostics }: LoadedDevice, errorsOfTests: number): string {
  const summary = model
    ? `${path} is good: ${amount(model.rules.length, 'rule')}.`
    : `${path} has ${amount(errorsIn(diagnostics), 'error')}.`;
  return errorsOfTests === 0 ? summary : `${summary} The test files beside it have ${amount(errorsOfTests, 'error')}.`;
}

function errorsIn(diagnostics: readonly Diagnostic[]): number {
  return diagnostics.filter(({ severity }) => severity === 'error').length;
}

function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
