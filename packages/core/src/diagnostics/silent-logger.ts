import { Logger } from './logger.js';

/** Writes nothing. */
export class SilentLogger extends Logger {
  log(): void {
    // Nobody is to hear it.
  }

  child(): this {
    return this;
  }
}
