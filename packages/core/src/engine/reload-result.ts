import type { Diagnostic } from '../diagnostics/diagnostic.js';

export interface ReloadResult {
  /** Whether the new file is in force; otherwise the old one goes on. */
  readonly applied: boolean;
  readonly diagnostics: readonly Diagnostic[];
}
