import { BoundedKeys, keyBound } from './bounded-keys.js';
import type { InstanceRecords } from './instance-record.js';
import type { InstanceObserver } from './instance-observer.js';
import { RuleInstance } from './rule-instance.js';
import type { RunContext } from './runs/run.js';
import type { RunOutcome } from './trace.js';

/** The instances of one rule by key: bounded, idle ones expire. A rule without `key` has the one with key ''. */
export class RuleInstances {
  readonly #instances: BoundedKeys<RuleInstance>;
  #runsOfForgotten = 0;

  constructor(
    private readonly context: RunContext,
    private readonly records: InstanceRecords,
    private readonly observer: InstanceObserver,
  ) {
    this.#instances = new BoundedKeys(
      keyBound,
      () => context.runtime.clock.boottime(),
      (instance) => instance.isIdle,
      (instance) => {
        this.#runsOfForgotten += instance.runs;
        records.update(instance.key, { starts: undefined });
      },
    );
  }

  /** Takes over what the ledger remembers from before: limits, what is disabled, runs, and what waits for its run. */
  restore(): void {
    for (const key of this.records.keys()) this.for(key);
    for (const [id, record] of this.context.records?.all() ?? []) this.for(record.key)?.resume(id, record);
    for (const instance of this.all()) instance.startQueued();
  }

  /** The instance of a key; undefined when there are too many that are busy. */
  for(key: string): RuleInstance | undefined {
    return this.#instances.use(key, () => new RuleInstance(key, this.context, this.records, this.observer));
  }

  peek(key: string): RuleInstance | undefined {
    return this.#instances.peek(key);
  }

  all(): readonly RuleInstance[] {
    return this.#instances.values();
  }

  get runs(): number {
    return this.#runsOfForgotten + this.all().reduce((sum, instance) => sum + instance.runs, 0);
  }

  get lastOutcome(): RunOutcome | undefined {
    return this.all().findLast((instance) => instance.lastOutcome !== undefined)?.lastOutcome;
  }

  async end(reason: string): Promise<void> {
    await Promise.all(this.all().map((instance) => instance.end(reason)));
  }

  async park(reason: string): Promise<void> {
    await Promise.all(this.all().map((instance) => instance.park(reason)));
  }

  abortCleanup(reason: string): void {
    for (const instance of this.all()) instance.abortCleanup(reason);
  }
}
