import { Logger, type LogFields, type LogLevel } from '../../diagnostics/logger.js';
import type { BlackBox } from './black-box.js';

/** Passes every line on, and warnings and errors to the black box too. */
export class RecordedLogger extends Logger {
  constructor(
    private readonly next: Logger,
    private readonly blackBox: BlackBox,
    private readonly fields: LogFields = {},
  ) {
    super();
  }

  override child(fields: LogFields): Logger {
    return new RecordedLogger(this.next.child(fields), this.blackBox, { ...this.fields, ...fields });
  }

  override log(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.next.log(level, message, fields);
    this.blackBox.logged(level, message, { ...fields, ...this.fields });
  }
}
