import { Console } from 'node:console';
import type { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import type { Logger } from '../diagnostics/logger.js';

/**
 * Makes lines of the log of what libraries of plugins print with `console`, and of what Node warns of. Printed past the
 * log, it would block the engine on a terminal that nobody reads, show secrets, and be no JSON.
 */
export function logWhatIsPrinted(process: EventEmitter, log: Logger): void {
  globalThis.console = new Console({
    stdout: linesFor((text) => log.info(text)),
    stderr: linesFor((text) => log.warn(text)),
  });
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }: Error) => log.warn(`${name}: ${message}`));
}

function linesFor(write: (text: string) => void): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      write(chunk.toString().trimEnd());
      done();
    },
  });
}
