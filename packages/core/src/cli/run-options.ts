import type { LogLevel } from '../diagnostics/logger.js';
import type { LogFormat } from '../engine/log-writer.js';

export interface RunOptions {
  readonly simulate?: true;
  readonly shadow?: true;
  readonly log?: LogFormat;
  readonly logLevel: LogLevel;
}
