import type { Admission, Refused } from './admission.js';
import type { Firing } from './firing.js';
import type { HoldTrouble } from './hold-trouble.js';
import { InstanceLimits } from './instance-limits.js';
import type { InstanceObserver } from './instance-observer.js';
import type { InstanceRecords } from './instance-record.js';
import { memoryFor } from './rule-memory.js';
import { RuleStanding } from './rule-standing.js';
import type { RuleStatus } from './rule-status.js';
import { RunQueue } from './run-queue.js';
import { Run, type RunContext } from './runs/run.js';
import type { RunRecord } from './runs/run-record.js';
import type { Refusal, RunOutcome } from './trace.js';

const admitted: Admission = { admitted: true };
const noMemory: Refused = {
  admitted: false,
  reason: 'memory',
  detail: 'the runs of all rules, and the events that wait for one, take as much memory as they may',
};

/** The runs of one rule for one key: mode, limits, and runs that last until their `until`. */
export class RuleInstance {
  readonly limits: InstanceLimits;
  // Lists, not sets: the tables that a set outgrows point to the next one, so that each run would live until the next full
  // garbage collection, and every small one would copy it.
  readonly #working: Run[] = [];
  readonly #carried: Promise<void>[] = [];
  #lasting: Run[] = [];
  readonly #queue: RunQueue;
  #runs = 0;
  #lastOutcome: RunOutcome | undefined;
  /** Of a key; a rule without `key` stands as a whole. */
  readonly #standing: RuleStanding | undefined;
  #isParked = false;
  /** Boottime of the last beginning or end of a run. */
  #since: number;

  constructor(
    readonly key: string,
    private readonly context: RunContext,
    private readonly records: InstanceRecords,
    private readonly observer: InstanceObserver,
  ) {
    this.#since = context.runtime.clock.boottime();
    this.#queue = new RunQueue(key, context, records);
    if (context.model.key) {
      this.#standing = new RuleStanding(context.runtime.clock, 'idle', (change) => observer.keyStands(key, change));
    }
    this.limits = new InstanceLimits(key, context.model, context.runtime, records);
  }

  get isRunning(): boolean {
    return this.#working.length > 0;
  }

  get isLasting(): boolean {
    return this.#lasting.length > 0;
  }

  get runs(): number {
    return this.#runs;
  }

  get lastOutcome(): RunOutcome | undefined {
    return this.#lastOutcome;
  }

  /** What the runs in progress wait for. */
  get waits(): NonNullable<RuleStatus['waitingFor']> {
    const now = this.context.runtime.ledger.deviceTime();
    return this.#working.flatMap((run) =>
      run.waits.map(({ step, due }) => ({ run: run.id, step, ...(due !== undefined && { endsIn: due - now }) })),
    );
  }

  get holdTrouble(): HoldTrouble | undefined {
    return [...this.#working, ...this.#lasting].map((run) => run.holdTrouble).find((trouble) => trouble);
  }

  /** Milliseconds until a limit that blocked the last firing lets one pass. */
  get allowedIn(): number | undefined {
    const limited = this.limits.inForce;
    return limited && limited.allowedAt - this.context.runtime.ledger.deviceTime();
  }

  /** The payload that started the oldest run that is not over; what `trigger` means to an `until` pattern. */
  get trigger(): unknown {
    return [...this.#lasting, ...this.#working][0]?.firing.trigger;
  }

  /** Whether it may be forgotten: nothing runs, lasts or waits, and no limit has to remember a start. */
  get isIdle(): boolean {
    const isBusy = this.isRunning || this.isLasting || this.#queue.firings.length > 0 || this.limits.isDisabled;
    return !isBusy && this.limits.isClear;
  }

  status(): Omit<RuleStatus, 'rule'> {
    const { waits, allowedIn } = this;
    return {
      key: this.key,
      ...this.#describe(),
      since: this.#since,
      runs: this.#runs,
      refusals: {},
      ...(this.#lastOutcome && { lastOutcome: this.#lastOutcome }),
      ...(waits.length > 0 && { waitingFor: waits }),
      ...(allowedIn !== undefined && { allowedIn }),
    };
  }

  /** Goes on with a run of a former engine. A hold ended with its process: of its run, only the end is left to do. */
  resume(id: string, record: RunRecord): void {
    const run = Run.restore(this.context, id, record);
    const isOver = record.phase === 'aborted' || record.phase === 'finally';
    if (this.context.model.trigger.kind === 'hold' || isOver) this.#carry(run, () => run.conclude());
    else if (record.phase === 'lasting') this.#lasting.push(run);
    else this.#carry(run, () => this.#execute(run));
  }

  request(firing: Firing): Admission {
    const refusal = this.#occupancyRefusal() ?? this.#limitRefusal(firing, this.#queue.waitingBefore(firing));
    if (refusal) return refusal;
    const memory = memoryFor(firing, this.context.memory);
    // Not `{ ...firing, memory }`: to each such object the V8 of Node 20 gives a shape of its own, which takes 3 µs.
    return memory ? this.#admit(Object.assign({}, firing, { memory })) : noMemory;
  }

  /** Why `request` would refuse now; nothing is started, counted or written. */
  refusal(firing: Firing): Pick<Refusal, 'reason' | 'detail'> | undefined {
    const stage = this.context.stages[firing.stage]!;
    return this.#occupancyRefusal() ?? this.limits.blockedBy(stage, this.#queue.waitingBefore(firing));
  }

  /** Ends all that runs, lasts or waits; resolves when the holds are released and `finally` is through. */
  async end(reason: string): Promise<void> {
    this.#queue.clear();
    this.#endRuns([...this.#working], this.#lasting, reason);
    await Promise.all(this.#carried);
  }

  /**
   * Leaves what only waits for the next engine: waiting runs, those that last until an event, and what is queued. All
   * others are ended as by `end`.
   */
  async park(reason: string): Promise<void> {
    this.#isParked = true;
    this.#standing?.close();
    const isHold = this.context.model.trigger.kind === 'hold';
    const ended = this.#working.filter((run) => !run.park());
    this.#endRuns(ended, isHold ? this.#lasting : [], reason);
    await Promise.all(this.#carried);
    for (const run of this.#lasting) run.giveBack();
    this.#queue.giveBack();
  }

  /** Leaves `finally` no more time. */
  abortCleanup(reason: string): void {
    for (const run of this.#working) run.abortCleanup(reason);
  }

  /** Starts what waits, as far as the mode and the limits let it. */
  startQueued(): void {
    while (!this.isRunning && !this.#isParked) {
      const firing = this.#queue.take();
      if (!firing) return;
      const refusal = this.#limitRefusal(firing);
      if (refusal) {
        firing.memory?.giveBack();
        this.observer.refused(this.key, refusal, firing);
      } else if (this.isLasting) {
        this.#queue.putFirst(firing);
        this.#replace();
      } else this.#start(firing);
    }
  }

  #admit(firing: Firing): Admission {
    const { mode } = this.context.model;
    if (mode === 'queued' && this.isRunning) this.#queue.add(firing);
    else if ((mode === 'restart' || mode === 'queued') && this.#occupied > 0) {
      this.#queue.clear();
      this.#queue.add(firing);
      this.#replace();
    } else this.#start(firing);
    return admitted;
  }

  get #occupied(): number {
    return this.#working.length + this.#lasting.length;
  }

  #occupancyRefusal(): Refused | undefined {
    if (this.limits.isDisabled) return { admitted: false, reason: 'disabled', detail: 'its limit was reached' };
    const { mode, max } = this.context.model;
    const refusal = (detail: string): Refused => ({
      admitted: false,
      reason: 'mode',
      detail: `mode ${mode}: ${detail}`,
    });
    switch (mode) {
      case 'single':
        return this.#occupied > 0 ? refusal('it runs already') : undefined;
      case 'restart':
        return undefined;
      case 'parallel':
        return this.#occupied >= max ? refusal(`${max} run already`) : undefined;
      case 'queued':
        return this.#working.length + this.#queue.firings.length >= max
          ? refusal(`${max} run or wait already`)
          : undefined;
    }
  }

  /** Ends the runs that there are, with their `finally`, before the next one begins. */
  #replace(): void {
    this.#endRuns([...this.#working], this.#lasting, `mode ${this.context.model.mode}`);
  }

  #endRuns(working: readonly Run[], lasting: readonly Run[], reason: string): void {
    for (const run of working) run.abort(reason);
    this.#lasting = this.#lasting.filter((run) => !lasting.includes(run));
    for (const run of lasting) this.#carry(run, () => run.conclude());
  }

  /** All that is written here reaches the ledger together, with what the trigger writes when it hears of the admission. */
  #start(firing: Firing): void {
    this.limits.count(this.context.stages[firing.stage]!);
    const run = Run.start(this.context, firing, this.key);
    this.#runs += 1;
    this.#carry(run, () => this.#execute(run));
  }

  async #execute(run: Run): Promise<void> {
    await run.perform();
    this.#lastOutcome = run.outcome;
    if (run.lasts) this.#lasting.push(run);
    else await run.conclude();
  }

  #carry(run: Run, work: () => Promise<void>): void {
    this.#working.push(run);
    this.#since = this.context.runtime.clock.boottime();
    const carried = work().then(() => {
      remove(this.#working, run);
      remove(this.#carried, carried);
      const isOver = !this.#lasting.includes(run);
      if (isOver) run.giveBack();
      this.#since = this.context.runtime.clock.boottime();
      if (run.isPutOff) this.observer.putOff(run.firing);
      this.startQueued();
      this.#changed(true, isOver ? run.outcome : undefined);
    });
    this.#carried.push(carried);
    this.#changed(false);
  }

  #changed(hasRoom: boolean, ended?: RunOutcome): void {
    if (ended !== undefined) this.#standing?.ended(ended);
    this.#standing?.update(this.#describe());
    this.observer.changed(hasRoom, ended);
  }

  #limitRefusal({ stage }: Firing, waiting = 0): Refused | undefined {
    const refusal = this.limits.refusal(this.context.stages[stage]!, waiting);
    return refusal && { admitted: false, ...refusal };
  }

  #describe(): Pick<RuleStatus, 'state' | 'detail'> {
    if (this.isRunning) return { state: 'running', detail: 'a run is in progress' };
    if (this.limits.isDisabled) return { state: 'disabled', detail: 'its limit was reached' };
    if (this.isLasting) return { state: 'holding', detail: 'it lasts until its end is told' };
    const limited = this.limits.inForce;
    return limited ? { state: 'limited', detail: limited.detail } : { state: 'idle', detail: '' };
  }
}

function remove<Entry>(list: Entry[], entry: Entry): void {
  list.splice(list.indexOf(entry), 1);
}
