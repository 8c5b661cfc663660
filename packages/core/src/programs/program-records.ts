import { randomUUID } from 'node:crypto';
import type { ActionContext } from '../actions/action.js';
import type { ProcessEntry } from '../host/process-table.js';
import type { JsonValue, Ledger } from '../ledger/ledger.js';

const scope = 'programs';

/** The variable that gives a program, and what it starts, an id of its own: by it the next engine knows them again. */
export const programVariable = 'DEVICERC_PROGRAM';

/** Who asked for a program: the call of an action, or a plugin by itself. */
export type ProgramCaller = Pick<ActionContext, 'rule' | 'run' | 'idempotencyKey'> | { readonly plugin: string };

/** A program that has not come to its end in order: the first process of a group and a session of its own. */
export type ProgramRecord = ProgramCaller & {
  /** Number of the boot: process numbers are given anew in each. */
  readonly boot: number;
  /** Missing until it has started, and where the process table cannot be read. */
  readonly process?: Pick<ProcessEntry, 'pid' | 'startedAt'>;
};

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
  add(caller: ProgramCaller): string {
    const id = randomUUID();
    this.#write(id, { ...onRecord(caller), boot: this.#boot });
    return id;
  }

  started(id: string, caller: ProgramCaller, { pid, startedAt }: ProcessEntry): void {
    this.#write(id, { ...onRecord(caller), boot: this.#boot, process: { pid, startedAt } });
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

function onRecord(caller: ProgramCaller): ProgramCaller {
  if ('plugin' in caller) return { plugin: caller.plugin };
  const { rule, run, idempotencyKey } = caller;
  return { rule, run, idempotencyKey };
}
