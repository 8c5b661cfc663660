import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import type { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { DescriptorOutput } from './descriptor-output.js';

/** Bytes of the log that wait in memory for a reader that does not keep up. */
const mostWaiting = 1024 * 1024;
/** What the last lines may take; a stop is to be through within 8 s. */
const lastLines = Duration.parse('500ms');

/** Where the log goes. Writing never blocks the event loop, whatever takes the log and whether or not it does. */
export class LogOutput {
  constructor(
    private readonly output: Writable,
    private readonly clock: Clock,
  ) {}

  /** Node writes to pipes and sockets without blocking, but not to terminals and files (process I/O). */
  static over(stdout: WriteStream & { readonly fd: number }, clock: Clock): LogOutput {
    const isNonBlocking = stdout instanceof Socket && !stdout.isTTY;
    return new LogOutput(isNonBlocking ? stdout : new DescriptorOutput(stdout.fd, stdout.isTTY, clock), clock);
  }

  /** Drops the text when too much waits already: a reader that stands still would fill the memory. */
  write(text: string): void {
    if (this.output.writableLength < mostWaiting) this.output.write(text);
  }

  /** Gives what waits a last moment, for the process is about to end. */
  async close(): Promise<void> {
    const written = new AbortController();
    const late = this.clock.sleep(lastLines, 'last lines of the log', written.signal).catch(() => undefined);
    this.output.write('', () => written.abort());
    await late;
    if (this.output instanceof DescriptorOutput) this.output.destroy();
  }
}
