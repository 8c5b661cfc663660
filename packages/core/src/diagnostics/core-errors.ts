import { errorsOf } from './device-error.js';

/**
 * Every error code of the core, grouped by room. A code is never renamed and never used again for something else.
 * docs/errors.md is generated from this table.
 */
export const coreErrorTable = {
  // clock
  DURATION_MALFORMED: {
    summary: 'A text that should be a duration is not one.',
    remedy: 'Write an amount and a unit, such as 500ms, 10s, 10m, 1h30m or 2d.',
  },
} as const;

const { error, diagnostic } = errorsOf(coreErrorTable);

export const coreError = error;
export const coreDiagnostic = diagnostic;
export type CoreErrorCode = keyof typeof coreErrorTable;
