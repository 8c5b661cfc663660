import {
  type ChildProcess,
  type ChildProcessWithoutNullStreams,
  spawn,
  type SpawnOptionsWithoutStdio,
} from 'node:child_process';
import { once } from 'node:events';
import { injectable } from 'inversify';
import { Clock, type Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { HostEnvironment } from '../host/host-environment.js';
import { readProcess } from '../host/process-table.js';
import { Ledger } from '../ledger/ledger.js';
import { OutputTail } from './output-tail.js';
import { ParentDeathSignal } from './parent-death-signal.js';
import { type ProgramCaller, ProgramRecords, programVariable } from './program-records.js';

export interface ProgramCall {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  readonly stdin: string | undefined;
  readonly caller: ProgramCaller;
}

export interface ProgramResult {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

const outputLimit = 64 * 1024;
/** What a program has to end itself after SIGTERM; the engine itself has 8 s to stop. */
const graceTime = Duration.parse('2s');
/** How long output is awaited after the exit, while a grandchild still holds the pipes. */
const drainTime = Duration.parse('1s');
/** The engine's own secrets are not for the programs it starts. */
const secretVariable = /^DEVICERC_SECRET_/;

/**
 * Starts programs in process groups of their own and leaves none behind. For those that outlive the engine all the same there
 * are two nets: the kernel ends them with it, and the next engine ends the groups on record.
 */
@injectable()
export class ChildProcesses {
  readonly #parentDeathSignal: ParentDeathSignal;
  readonly #records: ProgramRecords;
  /** By their ids on record. */
  readonly #ids = new WeakMap<ChildProcess, string>();
  readonly #running = new Set<ChildProcess>();
  /** Groups that were told to end, some of whose members may still live. */
  readonly #ending = new Map<ChildProcess, Timer>();

  constructor(
    private readonly clock: Clock,
    private readonly host: HostEnvironment,
    ledger: Ledger,
  ) {
    this.#parentDeathSignal = new ParentDeathSignal(host.variables['PATH']);
    this.#records = new ProgramRecords(ledger);
  }

  /**
   * Runs a program to its end, without a shell. On abort its whole group gets SIGTERM, and SIGKILL two seconds later.
   * @throws Error of spawn(2), such as ENOENT
   */
  async run(call: ProgramCall, signal: AbortSignal): Promise<ProgramResult> {
    const child = await this.#start(call, signal);
    const stopOnAbort = (): void => this.#terminate(child);
    signal.addEventListener('abort', stopOnAbort, { once: true });
    if (signal.aborted) stopOnAbort();
    try {
      const stdout = new OutputTail(child.stdout, outputLimit);
      const stderr = new OutputTail(child.stderr, outputLimit);
      // A program need not read its input: EPIPE is not a fault.
      child.stdin.on('error', () => undefined);
      child.stdin.end(call.stdin);
      const closed = once(child, 'close');
      const [code, endSignal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      await this.#drain(child, closed);
      return {
        code,
        signal: endSignal,
        stdout: `${stdout}`,
        stderr: `${stderr}`,
        truncated: stdout.truncated || stderr.truncated,
      };
    } finally {
      signal.removeEventListener('abort', stopOnAbort);
      this.#leave(child);
    }
  }

  async dispose(): Promise<void> {
    const exits = [...this.#running].map((child) => once(child, 'exit'));
    for (const child of this.#running) killGroup(child, 'SIGKILL');
    for (const child of this.#ending.keys()) this.#kill(child);
    await Promise.allSettled(exits);
    for (const child of [...this.#running]) this.#leave(child);
  }

  async #start(
    { command, env, cwd, caller }: ProgramCall,
    signal: AbortSignal,
  ): Promise<ChildProcessWithoutNullStreams> {
    const id = this.#records.add(caller);
    const options = { env: { ...this.#inheritedVariables(), ...env, [programVariable]: id }, cwd, detached: true };
    try {
      // The record reaches the file before what is awaited goes on.
      const guarded = await this.#parentDeathSignal.on(command, options);
      signal.throwIfAborted();
      // What keeps setpriv from being started keeps the program too, and says so by its name.
      const child = guarded
        ? await this.#spawn(guarded, options).catch(() => this.#spawn(command, options))
        : await this.#spawn(command, options);
      this.#ids.set(child, id);
      const entry = readProcess(this.host.procPath, child.pid!);
      if (entry) this.#records.started(id, caller, entry);
      return child;
    } catch (error) {
      this.#records.remove(id);
      throw error;
    }
  }

  async #spawn(
    [program, ...words]: readonly string[],
    options: SpawnOptionsWithoutStdio,
  ): Promise<ChildProcessWithoutNullStreams> {
    const child = spawn(program!, words, options);
    this.#running.add(child);
    try {
      // Where the process has no descriptors left, a child that did not start has no pipes either.
      await once(child, 'spawn');
      return child;
    } catch (error) {
      this.#running.delete(child);
      throw error;
    }
  }

  async #drain(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
    const timer = this.clock.schedule(
      drainTime.milliseconds,
      () => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      },
      'output of an ended program',
    );
    await closed;
    timer.cancel();
  }

  #terminate(child: ChildProcess): void {
    killGroup(child, 'SIGTERM');
    const timer = this.clock.schedule(graceTime.milliseconds, () => this.#kill(child), 'end of a program');
    this.#ending.set(child, timer);
    child.once('exit', () => {
      if (!hasMembers(child)) this.#endingIsOver(child);
    });
  }

  #kill(child: ChildProcess): void {
    killGroup(child, 'SIGKILL');
    this.#endingIsOver(child);
  }

  #endingIsOver(child: ChildProcess): void {
    this.#ending.get(child)?.cancel();
    this.#ending.delete(child);
    this.#forgetIfOver(child);
  }

  #leave(child: ChildProcess): void {
    this.#running.delete(child);
    this.#forgetIfOver(child);
  }

  /** What a program that ended in order left in the background is left alone. */
  #forgetIfOver(child: ChildProcess): void {
    const id = this.#ids.get(child);
    if (id !== undefined && !this.#running.has(child) && !this.#ending.has(child)) this.#records.remove(id);
  }

  #inheritedVariables(): Record<string, string | undefined> {
    return Object.fromEntries(Object.entries(this.host.variables).filter(([name]) => !secretVariable.test(name)));
  }
}

/** A group lives on after its first process, with those that this one started. */
function hasMembers(child: ChildProcess): boolean {
  try {
    return child.pid !== undefined && process.kill(-child.pid, 0);
  } catch {
    return false;
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended already.
  }
}
