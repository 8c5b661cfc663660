import { Logger, type LogFields, type LogLevel } from './logger.js';

export interface LoggedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps each line with the fields of its logger. */
export class RecordingLogger extends Logger {
  constructor(
    readonly lines: LoggedLine[] = [],
    private readonly fields: LogFields = {},
  ) {
    super();
  }

  override log(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields: { ...this.fields, ...fields } });
  }

  override child(fields: LogFields): Logger {
    return new RecordingLogger(this.lines, { ...this.fields, ...fields });
  }

  get messages(): readonly string[] {
    return this.lines.map(({ message }) => message);
  }
}
