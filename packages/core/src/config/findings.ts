import { coreDiagnostic, type CoreErrorCode } from '../diagnostics/core-errors.js';
import type { Diagnostic, SourceRange } from '../diagnostics/diagnostic.js';

/** Gathers what is wrong with a file, so that a user mends it in one go. */
export class Findings {
  readonly diagnostics: Diagnostic[] = [];

  error(code: CoreErrorCode, message: string, range: SourceRange, remedy?: string): void {
    this.diagnostics.push(coreDiagnostic(code, message, { range, ...(remedy !== undefined && { remedy }) }));
  }

  warning(code: CoreErrorCode, message: string, range: SourceRange): void {
    this.diagnostics.push(coreDiagnostic(code, message, { range, severity: 'warning' }));
  }

  hint(code: CoreErrorCode, message: string, range: SourceRange): void {
    this.diagnostics.push(coreDiagnostic(code, message, { range, severity: 'hint' }));
  }

  add(diagnostics: readonly Diagnostic[]): void {
    this.diagnostics.push(...diagnostics);
  }

  get hasErrors(): boolean {
    return this.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  }
}
