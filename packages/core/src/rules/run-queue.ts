import { firingOfRecord, recordOfFiring, type Firing } from './firing.js';
import type { InstanceRecords } from './instance-record.js';
import { memoryOfRestored } from './rule-memory.js';
import type { RunContext } from './runs/run.js';

/** What waits for its run in one instance of a rule, the oldest first, and keeps its memory until it is given its run. */
export class RunQueue {
  #firings: readonly Firing[];

  constructor(
    private readonly key: string,
    private readonly context: RunContext,
    private readonly records: InstanceRecords,
  ) {
    this.#firings = this.#restored();
  }

  get firings(): readonly Firing[] {
    return this.#firings;
  }

  /**
   * How many wait whose starts the same limit will count. What waits in `restart` is not: the next one replaces it.
   * A level fires once in its episode, so what is queued must not be refused when its turn comes.
   */
  waitingBefore({ stage }: Firing): number {
    const { stages, model } = this.context;
    if (model.mode !== 'queued') return 0;
    return this.#firings.filter((other) => stages[other.stage]!.limit?.name === stages[stage]!.limit?.name).length;
  }

  add(firing: Firing): void {
    this.#remember([...this.#firings, firing]);
  }

  /** The oldest, which waits no more. */
  take(): Firing | undefined {
    const firing = this.#firings[0];
    if (firing) this.#remember(this.#firings.slice(1));
    return firing;
  }

  /** Puts one back that was taken. */
  putFirst(firing: Firing): void {
    this.#remember([firing, ...this.#firings]);
  }

  clear(): void {
    this.giveBack();
    this.#remember([]);
  }

  /** Leaves what waits to the next engine, which finds it on record. */
  giveBack(): void {
    for (const { memory } of this.#firings) memory?.giveBack();
  }

  get #isLevel(): boolean {
    return this.context.model.trigger.kind === 'level';
  }

  /** What waited for a level was due in an episode, which has ended with its boot: the next episode asks for it anew. */
  #restored(): readonly Firing[] {
    const present = this.context.runtime.ledger.boots.at(-1)!.number;
    return (this.records.read(this.key).queue ?? [])
      .map(firingOfRecord)
      .filter(({ boot }) => !this.#isLevel || boot === present)
      .map((firing) => ({ ...firing, memory: memoryOfRestored(firing, this.context.memory) }));
  }

  /**
   * It is on record where the runs are, with the boot in which it came; that of a level in any case, because it counts as
   * fired in its episode.
   */
  #remember(firings: readonly Firing[]): void {
    const isChanged = firings.length > 0 || this.#firings.length > 0;
    const boot = this.context.runtime.ledger.boots.at(-1)!.number;
    this.#firings = firings.map((firing) => ({ boot, ...firing }));
    if (!isChanged || !(this.context.records || this.#isLevel)) return;
    this.records.update(this.key, { queue: firings.length > 0 ? this.#firings.map(recordOfFiring) : undefined });
  }
}
