import { ExitCode } from './exit-code.js';

/**
 * For commands that are there for their output: when its reader goes away (`devicerc check | head`), or the disk that takes it
 * is full, they end.
 */
export function endWithTheReader(): void {
  process.stdout.on('error', endWithoutOutput);
}

/**
 * For the engine, whose rules matter more than its log: what a full disk, a closed terminal or a collector that went away
 * does not take is dropped, and nothing tells of it, for that could not be written either.
 */
export function dropWhatCannotBeWritten(): void {
  process.stdout.off('error', endWithoutOutput);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function endWithoutOutput({ code }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') process.exit(ExitCode.good);
  process.stderr.write(`The output cannot be written: ${code}.\n`);
  process.exit(process.exitCode ?? ExitCode.failed);
}
