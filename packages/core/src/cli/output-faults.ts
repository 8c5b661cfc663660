import type { Writable } from 'node:stream';
import { ExitCode } from './exit-code.js';

/** Characters of the log that wait in memory for a reader that does not keep up. */
const mostWaiting = 1024 * 1024;

/** For commands that are there for their output: when its reader goes away (`devicerc check | head`), they end. */
export function endWithTheReader(): void {
  process.stdout.on('error', endOnClosedPipe);
}

/**
 * For the engine, whose rules matter more than its log: what a full disk, a closed terminal or a collector that went away
 * does not take is dropped, and nothing tells of it, for that could not be written either.
 */
export function dropWhatCannotBeWritten(): void {
  process.stdout.off('error', endOnClosedPipe);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/** For the log: what a reader that stands still does not take would fill the memory. */
export function writeUnlessBehind(output: Writable, line: string): void {
  if (output.writableLength < mostWaiting) output.write(line);
}

function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(ExitCode.good);
  throw error;
}
