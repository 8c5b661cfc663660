import { Logger, type LogFields, type LogLevel } from '../diagnostics/logger.js';

/** One line of the engine's log, with the fields of the rule or the plugin at hand. */
export interface HeardLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Hands on what is logged, line by line. */
export class TestLogger extends Logger {
  constructor(
    private readonly hear: (line: HeardLine) => void,
    private readonly fields: LogFields = {},
  ) {
    super();
  }

  override log(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.hear({ level, message, fields: { ...this.fields, ...fields } });
  }

  override child(fields: LogFields): Logger {
    return new TestLogger(this.hear, { ...this.fields, ...fields });
  }
}
