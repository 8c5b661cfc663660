import { Logger, type LogFields, type LogLevel } from './logger.js';

export interface LogLine extends Record<string, unknown> {
  readonly level: LogLevel;
  readonly message: string;
}

/** Keeps each line with the fields of its logger. */
export class RecordingLogger extends Logger {
  constructor(
    readonly lines: LogLine[] = [],
    private readonly fields: LogFields = {},
  ) {
    super();
  }

  override log(level: LogLevel, message: string, fields?: LogFields): void {
    this.lines.push({ ...this.fields, ...fields, level, message });
  }

  override child(fields: LogFields): Logger {
    return new RecordingLogger(this.lines, { ...this.fields, ...fields });
  }
}
