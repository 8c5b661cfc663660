import { coreErrorTable } from './core-errors.js';
import { DeviceError, DiagnosticsError } from './device-error.js';

export interface UserMessage {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** What a user is told about any thrown value; never a stack trace. */
export function describeError(error: unknown): UserMessage {
  if (error instanceof DeviceError) return { code: error.code, message: error.message, remedy: error.remedy };
  const [finding] = error instanceof DiagnosticsError ? error.diagnostics : [];
  if (finding) return { code: finding.code, message: (error as Error).message, remedy: finding.remedy ?? '' };
  const code = 'INTERNAL_FAULT';
  return { code, message: error instanceof Error ? error.message : String(error), remedy: coreErrorTable[code].remedy };
}
