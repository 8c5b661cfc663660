import { type ChildProcessWithoutNullStreams, spawn, type SpawnOptionsWithoutStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { HostEnvironment } from '../host/host-environment.js';
import { readProcess } from '../host/process-table.js';
import type { Ledger } from '../ledger/ledger.js';
import { OutputTail } from './output-tail.js';
import { ParentDeathSignal } from './parent-death-signal.js';
import { ProcessGroup } from './process-group.js';
import { type ProgramCaller, ProgramRecords, programVariable } from './program-records.js';
import type { ProgramCall, ProgramResult } from './programs.js';

const defaultOutputLimit = 64 * 1024;
/** How long output is awaited after the exit, while a grandchild still holds the pipes. */
const drainTime = Duration.parse('1s');
/** The engine's own secrets are not for the programs it starts. */
const secretVariable = /^DEVICERC_SECRET_/;

interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly group: ProcessGroup;
}

/**
 * Starts programs in process groups of their own and leaves none behind. For those that outlive the engine all the same there
 * are two nets: the kernel ends them with it, and the next engine ends the groups on record.
 */
export class ChildProcesses {
  readonly #parentDeathSignal: ParentDeathSignal;
  readonly #records: ProgramRecords;
  readonly #starting = new Set<Promise<Started>>();
  readonly #groups = new Set<ProcessGroup>();
  readonly #disposing = new AbortController();

  constructor(
    private readonly clock: Clock,
    private readonly host: HostEnvironment,
    ledger: Ledger,
  ) {
    this.#parentDeathSignal = new ParentDeathSignal(host.variables['PATH']);
    this.#records = new ProgramRecords(ledger);
  }

  /** As `Programs` does. */
  async run(call: ProgramCall, caller: ProgramCaller): Promise<ProgramResult> {
    const { signal, timeout } = call;
    const { child, group } = await this.#whileStarting(this.#start(call, caller));
    let isLate = false;
    const end = (): void => group.terminate();
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
    const onTime = (): void => {
      isLate = true;
      end();
    };
    const deadline = timeout && this.clock.schedule(timeout.milliseconds, onTime, 'deadline of a program');
    try {
      const result = await this.#resultOf(child, group, call);
      if (!isLate) return result;
      throw coreError('PROGRAM_TIMEOUT', `${call.command[0]} did not end within ${timeout}.`, { isUncertain: true });
    } finally {
      deadline?.cancel();
      signal?.removeEventListener('abort', end);
      group.leave();
    }
  }

  async dispose(): Promise<void> {
    this.#disposing.abort();
    await Promise.allSettled(this.#starting);
    const groups = [...this.#groups];
    for (const group of groups) group.kill();
    await Promise.allSettled(groups.map(({ exit }) => exit));
    for (const group of groups) group.leave();
  }

  async #whileStarting(start: Promise<Started>): Promise<Started> {
    this.#starting.add(start);
    try {
      return await start;
    } finally {
      this.#starting.delete(start);
    }
  }

  async #resultOf(
    child: ChildProcessWithoutNullStreams,
    group: ProcessGroup,
    { stdin, outputLimit = defaultOutputLimit }: ProgramCall,
  ): Promise<ProgramResult> {
    const stdout = new OutputTail(child.stdout, outputLimit);
    const stderr = new OutputTail(child.stderr, outputLimit);
    // A program need not read its input: EPIPE is not a fault.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
    const closed = once(child, 'close');
    const [code, signal] = await group.exit;
    await this.#drain(child, closed);
    return { code, signal, stdout: `${stdout}`, stderr: `${stderr}`, truncated: stdout.truncated || stderr.truncated };
  }

  /** @throws DeviceError `PROGRAM_NOT_STARTED` */
  async #start({ command, env, cwd, signal }: ProgramCall, caller: ProgramCaller): Promise<Started> {
    const id = this.#records.add(caller);
    const options = { env: { ...this.#inheritedVariables(), ...env, [programVariable]: id }, cwd, detached: true };
    try {
      // The record reaches the file before what is awaited goes on.
      const guarded = await this.#parentDeathSignal.on(command, options);
      signal?.throwIfAborted();
      this.#disposing.signal.throwIfAborted();
      // What keeps setpriv from being started keeps the program too, and says so by its name.
      const child = guarded
        ? await started(guarded, options).catch(() => started(command, options))
        : await started(command, options);
      const group = this.#lookAfter(child, command[0]!, id);
      const entry = readProcess(this.host.procPath, child.pid!);
      if (entry) this.#records.started(id, caller, entry);
      return { child, group };
    } catch (error) {
      this.#records.remove(id);
      const cause = error as Error;
      throw coreError('PROGRAM_NOT_STARTED', `${command[0]} could not be started: ${cause.message}`, { cause });
    }
  }

  #lookAfter(child: ChildProcessWithoutNullStreams, program: string, id: string): ProcessGroup {
    const group = new ProcessGroup(child, program, this.clock, () => {
      this.#groups.delete(group);
      this.#records.remove(id);
    });
    this.#groups.add(group);
    return group;
  }

  async #drain(child: ChildProcessWithoutNullStreams, closed: Promise<unknown>): Promise<void> {
    const timer = this.clock.schedule(
      drainTime.milliseconds,
      () => {
        child.stdout.destroy();
        child.stderr.destroy();
      },
      'output of an ended program',
    );
    await closed;
    timer.cancel();
  }

  #inheritedVariables(): Record<string, string | undefined> {
    return Object.fromEntries(Object.entries(this.host.variables).filter(([name]) => !secretVariable.test(name)));
  }
}

async function started(
  [program, ...words]: readonly string[],
  options: SpawnOptionsWithoutStdio,
): Promise<ChildProcessWithoutNullStreams> {
  const child = spawn(program!, words, options);
  // Where the process has no descriptors left, a child that did not start has no pipes either.
  await once(child, 'spawn');
  return child;
}
