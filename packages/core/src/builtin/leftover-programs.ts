import type { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { Logger } from '../diagnostics/logger.js';
import type { HostEnvironment } from '../host/host-environment.js';
import { hasVariable, membersOf, type ProcessEntry } from '../host/process-table.js';
import type { Ledger } from '../ledger/ledger.js';
import { ProgramRecords, runVariable, type ProgramRecord } from './program-records.js';

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
    const found = this.#records.all().map(([pid, record]) => this.#endOne(pid, record));
    this.#records.clear();
    await Promise.all(found);
  }

  /** @returns undefined when the call is not known to have had a program at work */
  fateOf(idempotencyKey: string): ProgramFate | undefined {
    return this.#fates.get(idempotencyKey);
  }

  async #endOne(pid: number, record: ProgramRecord): Promise<void> {
    const members = membersOf(pid, this.host.procPath);
    const first = members.find((member) => member.pid === pid);
    const isOurs = this.#isOurs(first, members, record);
    this.#fates.set(record.idempotencyKey, !isOurs ? 'gone' : first ? 'running' : 'remnants');
    if (!isOurs) return;
    const { rule, run } = record;
    const who = first ? `A program of ${rule}` : `What a program of ${rule} had started`;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      this.log.warn(`${who} outlived its engine and could not be ended: ${(error as Error).message}.`, { rule, run });
      return;
    }
    this.log.warn(`${who} outlived its engine and was ended.`, {
      rule,
      run,
      pids: members.map((member) => member.pid),
    });
    await this.#gone(pid);
  }

  /**
   * A number is not given to another process while the group of that number has members, but once it has none. So its first
   * process is known by when it started, and the others, once that one is gone, by the run in their environment.
   */
  #isOurs(first: ProcessEntry | undefined, members: readonly ProcessEntry[], record: ProgramRecord): boolean {
    // An engine that one of these programs started is not to end itself.
    if (members.some(({ pid }) => pid === process.pid)) return false;
    if (first) return first.startedAt === record.startedAt;
    return members.some(({ pid }) => hasVariable(pid, `${runVariable}=${record.run}`, this.host.procPath));
  }

  /** What it held, such as a serial line, is free for the next one. */
  async #gone(group: number): Promise<void> {
    const until = this.clock.boottime() + endTime.milliseconds;
    while (membersOf(group, this.host.procPath).length > 0 && this.clock.boottime() < until) {
      await this.clock.sleep(pause, 'end of a program');
    }
  }
}
