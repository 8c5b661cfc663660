import { Logger, type LogFields, type LogLevel } from '../diagnostics/logger.js';

export interface LoggedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps what is logged, for tests. */
export class CollectingLogger extends Logger {
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
    return new CollectingLogger(this.lines, { ...this.fields, ...fields });
  }

  get messages(): readonly string[] {
    return this.lines.map(({ message }) => message);
  }
}
