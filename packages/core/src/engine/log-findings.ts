import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Logger } from '../diagnostics/logger.js';

/** One line for each finding of a file, with its place. */
export function logFindings(log: Logger, diagnostics: readonly Diagnostic[]): void {
  for (const { severity, code, message, remedy, range } of diagnostics) {
    const level = severity === 'hint' ? 'info' : severity === 'warning' ? 'warn' : 'error';
    const place = range ? `${range.file}:${range.start.line}:${range.start.column}: ` : '';
    log.log(level, `${place}${message}`, { code, ...(remedy && { remedy }) });
  }
}
