import { escapeLines } from '../diagnostics/control-characters.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { DiagnosticsError } from '../diagnostics/device-error.js';
import { formatDiagnostics } from '../diagnostics/report.js';
import { describeError } from '../diagnostics/user-message.js';
import { readRegularFile } from '../host/regular-file.js';

/** In bytes; a larger one has been refused, and is shown without its lines. */
const largestFile = 2 ** 20;

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Findings with code frames, sorted by place. */
export function diagnosticsText(diagnostics: readonly Diagnostic[], color: boolean): string {
  return formatDiagnostics(diagnostics, readSource, { color });
}

/** What a user is told of an error: code, message and remedy, never a stack. */
export function errorText(error: unknown, color: boolean): string {
  if (error instanceof DiagnosticsError) return diagnosticsText(error.diagnostics, color);
  const { code, message, remedy } = describeError(error);
  return escapeLines(`${code}: ${message}\n  ${remedy}`);
}

function readSource(file: string): string | undefined {
  try {
    return readRegularFile(file, largestFile).toString('utf8');
  } catch {
    return undefined;
  }
}
