import type { DeviceModel } from '../config/rule-model.js';
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

/** @param names of secrets that are too short to be masked */
export function logShortSecrets(log: Logger, names: readonly string[]): void {
  if (names.length === 0) return;
  log.warn(`Secrets of fewer than 4 characters are not masked in logs and answers: ${names.join(', ')}.`);
}

export function countOfRules({ rules }: DeviceModel): string {
  return `${rules.length} rule${rules.length === 1 ? '' : 's'}`;
}
