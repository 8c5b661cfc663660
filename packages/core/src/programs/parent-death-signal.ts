import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string | undefined;
}

/**
 * Lets programs end with the engine, however it ends: `setpriv --pdeathsig` (setpriv(1) of util-linux; the one of busybox has
 * no such option) has the kernel kill a program when the thread that started it has ended (PR_SET_PDEATHSIG of prctl(2)).
 * It does not reach what the program starts itself.
 */
export class ParentDeathSignal {
  #words: Promise<readonly string[]> | undefined;

  constructor(private readonly path: string | undefined) {}

  /**
   * The command with that signal; undefined where there is no setpriv, and where the program cannot be started: then setpriv
   * would hide why.
   */
  async on(command: readonly string[], environment: Environment): Promise<readonly string[] | undefined> {
    const words = await (this.#words ??= this.#find());
    return words.length > 0 && findProgram(command[0]!, environment) !== undefined ? [...words, ...command] : undefined;
  }

  async #find(): Promise<readonly string[]> {
    const setpriv = findProgram('setpriv', { env: { PATH: this.path }, cwd: undefined });
    if (setpriv === undefined) return [];
    const words = [setpriv, '--pdeathsig', 'KILL', '--'];
    try {
      await run(words[0]!, [...words.slice(1), setpriv, '--version']);
      return words;
    } catch (error) {
      // It ran and refused: it always will. For want of memory or descriptors it may not have run, and is asked again.
      if (typeof (error as { readonly code?: unknown }).code !== 'number') this.#words = undefined;
      return [];
    }
  }
}

/** As execvp(3) looks for it. */
function findProgram(program: string, { env, cwd = '.' }: Environment): string | undefined {
  if (program.includes('/')) return executable(resolve(cwd, program));
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const found = executable(resolve(cwd, folder, program));
    if (found !== undefined) return found;
  }
  return undefined;
}

function executable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : undefined;
  } catch {
    return undefined;
  }
}
