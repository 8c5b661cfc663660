import { DeviceError, DiagnosticsError } from '../diagnostics/device-error.js';
import { ExitCode } from './exit-code.js';

const changeNeeded = ['CONFIG_NOT_FOUND', 'LEDGER_FORMAT_UNKNOWN'];

/** 78 where a restart cannot help: the file, or what an engine of another release left, has to be changed first. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof DiagnosticsError) return ExitCode.badConfiguration;
  if (error instanceof DeviceError && error.code === 'ARGUMENT_MALFORMED') return ExitCode.usage;
  const needsChange = error instanceof DeviceError && (error.range || changeNeeded.includes(error.code));
  return needsChange ? ExitCode.badConfiguration : ExitCode.failed;
}
