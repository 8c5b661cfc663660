import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { ExitCode } from './exit-code.js';

const shell = '/bin/sh';

/** Replaces the process by another program (execve(2)); from Node 22.15 on. */
type Execute = (file: string, argv: readonly string[], environment: NodeJS.ProcessEnv) => never;

/** The part of `koffi` that is used: it may not be installed. */
interface ForeignFunctions {
  load(library: null): { func(prototype: string): (status: number) => void };
}

/**
 * Ends the process. Node waits at its end for the threads that carry out file and name calls (uv_library_shutdown joins
 * them), so one that hangs, on a name server that is silent or a file system that is gone, would hold it until SIGKILL.
 */
export function endProcess(code: ExitCode): never {
  if (!hasCallsInThreads()) process.exit(code);
  endAsAnotherProgram(code);
  endByTheCLibrary(code);
  process.exit(code);
}

function hasCallsInThreads(): boolean {
  return process.getActiveResourcesInfo().some((name) => /^(?:FSReq|GetAddrInfoReq|GetNameInfoReq)/i.test(name));
}

/** The kernel ends all threads but the one that calls execve(2), and the process keeps its number. */
function endAsAnotherProgram(code: ExitCode): void {
  const { execve } = process as { readonly execve?: Execute };
  // A call that fails would abort the process.
  if (existsSync(shell)) execve?.(shell, ['sh', '-c', `exit ${code}`], {});
}

/**
 * _exit(2), which waits for nothing; for Node before 22.15, and without a shell. Returns where npm left the optional dependency out, as on
 * processors that it does not know. It is loaded without the threads, which may all be taken.
 */
function endByTheCLibrary(code: ExitCode): void {
  try {
    const { load } = createRequire(import.meta.url)('koffi') as ForeignFunctions;
    load(null).func('void _exit(int status)')(code);
  } catch {
    return;
  }
}
