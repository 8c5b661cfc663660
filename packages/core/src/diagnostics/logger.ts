/**
 * `debug` is for somebody who looks for a fault, `info` tells what the engine does, `warn` what went wrong and is coped with,
 * `error` what somebody has to mend. `devicerc run` writes from `info` on, unless
 * `--log-level` says otherwise.
 */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Structured facts beside the message. Values must be JSON; a secret is masked by the log writer, not by the caller. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The port every room logs through. The writer behind it is chosen by the engine. */
export abstract class Logger {
  abstract log(level: LogLevel, message: string, fields?: LogFields): void;

  /** A logger that adds the same fields to each line, such as the rule or the plugin at hand. */
  abstract child(fields: LogFields): Logger;

  debug(message: string, fields?: LogFields): void {
    this.log('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.log('error', message, fields);
  }
}
