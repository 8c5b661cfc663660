import { ExitCode } from './exit-code.js';

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

function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(ExitCode.good);
  throw error;
}
