import { randomUUID } from 'node:crypto';
import type { ProcessEntry } from '../host/process-table.js';
import type { JsonValue, Ledger } from '../ledger/ledger.js';

const scope = 'programs';

/** The variable that gives a program, and what it starts, an id of its own: by it the next engine knows them again. */
export const programVariable = 'DEVICERC_PROGRAM';

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
  /** Missing until it has started, and where the process table cannot be read. */
  readonly process?: Pick<ProcessEntry, 'pid' | 'startedAt'>;
}

/**
 * The programs that run, by their id, so that the next engine can end those that outlive this one. A power cut ends them
 * anyway: the record costs no fsync.
 */
export class ProgramRecords {
  constructor(private readonly ledger: Ledger) {}

  /** Those of this boot of the machine. */
  all(): readonly (readonly [id: string, record: ProgramRecord])[] {
    const present = this.#boot;
    return [...this.ledger.entries(scope)]
      .map(([id, record]) => [id, record as unknown as ProgramRecord] as const)
      .filter(([, { boot }]) => boot === present);
  }

  /**
   * Before it starts: a kill may come before there is more to tell of it.
   * @returns its id
   */
  add({ rule, run, idempotencyKey }: ProgramCaller): string {
    const id = randomUUID();
    this.#write(id, { rule, run, idempotencyKey, boot: this.#boot });
    return id;
  }

  started(id: string, caller: ProgramCaller, { pid, startedAt }: ProcessEntry): void {
    const { rule, run, idempotencyKey } = caller;
    this.#write(id, { rule, run, idempotencyKey, boot: this.#boot, process: { pid, startedAt } });
  }

  remove(id: string): void {
    this.ledger.remove(scope, id, 'process');
  }

  clear(): void {
    for (const id of this.ledger.entries(scope).keys()) this.remove(id);
  }

  get #boot(): number {
    return this.ledger.boots.at(-1)!.number;
  }

  #write(id: string, record: ProgramRecord): void {
    this.ledger.write(scope, id, record as unknown as JsonValue, 'process');
  }
}
