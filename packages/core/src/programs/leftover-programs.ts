import type { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { Logger } from '../diagnostics/logger.js';
import type { HostEnvironment } from '../host/host-environment.js';
import { hasVariable, livingProcesses, membersOf, type ProcessEntry } from '../host/process-table.js';
import type { Ledger } from '../ledger/ledger.js';
import { ProgramRecords, programVariable, type ProgramRecord } from './program-records.js';

/**
 * What the next engine found of a program that the end of its engine cut off: `running`, `remnants` (it was gone, others that
 * it had started were not), or `gone`.
 */
export type ProgramFate = 'running' | 'remnants' | 'gone';

/** What the kernel may take to end a process that does nothing but wait; one in an uninterruptible call takes longer. */
const endTime = Duration.parse('2s');
const pause = Duration.parse('20ms');

/** The programs that outlived the engine before this one, as after `kill -9`. */
export class LeftoverPrograms {
  readonly #records: ProgramRecords;
  readonly #fates = new Map<string, ProgramFate>();

  constructor(
    ledger: Ledger,
    private readonly clock: Clock,
    private readonly host: HostEnvironment,
    private readonly log: Logger,
  ) {
    this.#records = new ProgramRecords(ledger);
  }

  /** Ends them, each with its process group. Only before this engine starts programs of its own. */
  async end(): Promise<void> {
    const found = this.#records.all().map(([id, record]) => this.#endOne(id, record));
    this.#records.clear();
    await Promise.all(found);
  }

  /** @returns undefined when the call is not known to have had a program at work */
  fateOf(idempotencyKey: string): ProgramFate | undefined {
    return this.#fates.get(idempotencyKey);
  }

  async #endOne(id: string, record: ProgramRecord): Promise<void> {
    const pid = record.process?.pid ?? this.#groupOf(id);
    const members = pid === undefined ? [] : membersOf(pid, this.host.procPath);
    const first = members.find((member) => member.pid === pid);
    if (pid === undefined || !this.#isOurs(first, members, id, record)) return this.#note(record, 'gone');
    this.#note(record, first ? 'running' : 'remnants');
    const caller = 'plugin' in record ? { plugin: record.plugin } : { rule: record.rule, run: record.run };
    const owner = caller.plugin ?? caller.rule;
    const who = first ? `A program of ${owner}` : `What a program of ${owner} had started`;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      this.log.warn(`${who} outlived its engine and could not be ended: ${(error as Error).message}.`, caller);
      return;
    }
    const pids = members.map((member) => member.pid);
    this.log.warn(`${who} outlived its engine and was ended.`, { ...caller, pids });
    await this.#gone(pid);
  }

  /** The former attempt of a call may be on record, too. */
  #note(record: ProgramRecord, fate: ProgramFate): void {
    if ('plugin' in record) return;
    const { idempotencyKey } = record;
    if (fate !== 'gone' || !this.#fates.has(idempotencyKey)) this.#fates.set(idempotencyKey, fate);
  }

  /**
   * A number is not given to another process while the group of that number has members, but once it has none. So its first
   * process is known by when it started, and the others, once that one is gone, by the id in their environment.
   */
  #isOurs(
    first: ProcessEntry | undefined,
    members: readonly ProcessEntry[],
    id: string,
    { process: known }: ProgramRecord,
  ): boolean {
    // An engine that one of these programs started is not to end itself.
    if (members.some(({ pid }) => pid === process.pid)) return false;
    if (first && known) return first.startedAt === known.startedAt;
    return members.some(({ pid }) => this.#hasId(pid, id));
  }

  /** The kill came when the program had just been started. */
  #groupOf(id: string): number | undefined {
    return livingProcesses(this.host.procPath).find(({ pid }) => this.#hasId(pid, id))?.group;
  }

  #hasId(pid: number, id: string): boolean {
    return hasVariable(pid, `${programVariable}=${id}`, this.host.procPath);
  }

  /** What it held, such as a serial line, is free for the next one. */
  async #gone(group: number): Promise<void> {
    const until = this.clock.boottime() + endTime.milliseconds;
    while (membersOf(group, this.host.procPath).length > 0 && this.clock.boottime() < until) {
      await this.clock.sleep(pause, 'end of a program');
    }
  }
}
