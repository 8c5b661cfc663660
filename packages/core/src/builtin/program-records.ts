import type { JsonValue, Ledger } from '../ledger/ledger.js';

const scope = 'programs';

/** The variable that tells a program, and what it starts, the id of its run; by it the next engine knows them again. */
export const runVariable = 'DEVICERC_RUN';

/** Who asked for a program. */
export interface ProgramCaller {
  readonly rule: string;
  readonly run: string;
  /** Of the call, as {@link ActionContext} has it. */
  readonly idempotencyKey: string;
}

/** A program that has not come to its end in order: the first process of a group and a session of its own. */
export interface ProgramRecord extends ProgramCaller {
  /** Number of the boot: process numbers are given anew in each. */
  readonly boot: number;
  /** In clock ticks since the boot; missing where the process table cannot be read. */
  readonly startedAt?: number;
}

/**
 * The programs that run, by their process number, so that the next engine can end those that outlive this one. A power cut
 * ends them anyway: the record costs no fsync.
 */
export class ProgramRecords {
  constructor(private readonly ledger: Ledger) {}

  /** Those of this boot of the machine. */
  all(): readonly (readonly [pid: number, record: ProgramRecord])[] {
    const present = this.ledger.boots.at(-1)!.number;
    return [...this.ledger.entries(scope)]
      .map(([pid, record]) => [Number(pid), record as unknown as ProgramRecord] as const)
      .filter(([, { boot }]) => boot === present);
  }

  add(pid: number, caller: ProgramCaller, startedAt: number | undefined): void {
    const { rule, run, idempotencyKey } = caller;
    const boot = this.ledger.boots.at(-1)!.number;
    const record = { rule, run, idempotencyKey, boot, ...(startedAt !== undefined && { startedAt }) };
    this.ledger.write(scope, `${pid}`, record satisfies ProgramRecord as JsonValue, 'process');
  }

  remove(pid: number): void {
    this.ledger.remove(scope, `${pid}`, 'process');
  }

  clear(): void {
    for (const pid of this.ledger.entries(scope).keys()) this.ledger.remove(scope, pid, 'process');
  }
}
