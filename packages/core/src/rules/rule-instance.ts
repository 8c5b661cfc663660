import { Duration } from '../clock/duration.js';
import type { LimitModel, RuleModel } from '../config/rule-model.js';
import type { JsonValue } from '../ledger/ledger.js';
import type { InstanceRecords } from './instance-record.js';
import { inForce, nextStart, withStart } from './limits.js';
import { Run, type Firing, type RunContext } from './runs/run.js';
import type { RuleStatus } from './rule-status.js';
import type { Refusal, RunOutcome } from './trace.js';

/** Whether a run was started or queued; if not, why, and from which device time on asking again makes sense. */
export type Admission =
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      readonly reason: Refusal['reason'];
      readonly detail: string;
      readonly allowedAt?: number;
    };

/** A limit with the name under which the record keeps its starts. */
export interface NamedLimit {
  readonly name: string;
  readonly limit: LimitModel;
}

/** Names of limits in the record. */
export const ruleLimitName = 'rule';
export const rungLimitName = (index: number): string => `escalate[${index}]`;

export interface InstanceFiring extends Firing {
  readonly limit?: NamedLimit;
}

export interface InstanceObserver {
  /** Something that a status shows has changed; `isIdle` when the instance can take the next firing. */
  changed(isIdle: boolean): void;
  /** A firing that was queued before is refused now. */
  refused(key: string, admission: Admission & { admitted: false }): void;
}

const admitted: Admission = { admitted: true };

/** The runs of one rule for one key: mode, limits, and runs that last until their `until`. */
export class RuleInstance {
  readonly #working = new Set<Run>();
  readonly #carried = new Set<Promise<void>>();
  #lasting: Run[] = [];
  #queue: InstanceFiring[] = [];
  #runs = 0;
  #lastOutcome: RunOutcome | undefined;
  #blocked: { readonly at: number; readonly detail: string } | undefined;
  /** Boottime of the last beginning or end of a run. */
  #since: number;

  constructor(
    readonly key: string,
    private readonly context: RunContext,
    private readonly records: InstanceRecords,
    private readonly observer: InstanceObserver,
  ) {
    this.#since = context.runtime.clock.boottime();
    for (const { run, outputs, trigger, cause } of records.read(key).lasting ?? []) {
      const firing = { cause, trigger, heldFor: Duration.zero, steps: [], restored: { run, outputs } };
      this.#lasting.push(new Run(context, firing, key));
    }
  }

  get isRunning(): boolean {
    return this.#working.size > 0;
  }

  get isLasting(): boolean {
    return this.#lasting.length > 0;
  }

  get isDisabled(): boolean {
    return this.records.read(this.key).disabled === true;
  }

  get runs(): number {
    return this.#runs;
  }

  get lastOutcome(): RunOutcome | undefined {
    return this.#lastOutcome;
  }

  /** The payload that started the oldest run that is not over; what `trigger` means to an `until` pattern. */
  get trigger(): unknown {
    return [...this.#lasting, ...this.#working][0]?.firing.trigger;
  }

  /** Whether it may be forgotten: nothing runs, lasts or waits, and no limit has to remember a start. */
  get isIdle(): boolean {
    if (this.isRunning || this.isLasting || this.#queue.length > 0 || this.isDisabled) return false;
    const now = this.context.runtime.ledger.deviceTime();
    return limitsOf(this.context.model).every(
      (named) => this.#countsCalls(named) || inForce(named.limit, this.#starts(named), now).length === 0,
    );
  }

  /** Which limit blocked the last firing and still blocks; undefined when none does. */
  get limitation(): string | undefined {
    const { ledger } = this.context.runtime;
    return this.#blocked && this.#blocked.at > ledger.deviceTime() ? this.#blocked.detail : undefined;
  }

  status(): Omit<RuleStatus, 'rule'> {
    return {
      key: this.key,
      ...this.#describe(),
      since: this.#since,
      runs: this.#runs,
      refusals: {},
      ...(this.#lastOutcome && { lastOutcome: this.#lastOutcome }),
    };
  }

  request(firing: InstanceFiring): Admission {
    if (this.isDisabled) return { admitted: false, reason: 'disabled', detail: 'its limit was reached' };
    const { mode, max } = this.context.model;
    const occupied = this.#working.size + this.#lasting.length;
    const refusal = (detail: string): Admission => ({ admitted: false, reason: 'mode', detail });
    switch (mode) {
      case 'single':
        return occupied > 0 ? refusal('mode single: it runs already') : this.#start(firing);
      case 'restart':
        return occupied > 0 ? this.#restart(firing) : this.#start(firing);
      case 'parallel':
        return occupied >= max ? refusal(`mode parallel: ${max} run already`) : this.#start(firing);
      case 'queued':
        if (occupied + this.#queue.length >= max) return refusal(`mode queued: ${max} run or wait already`);
        if (!this.isRunning) return this.#start(firing);
        this.#queue.push(firing);
        return admitted;
    }
  }

  /** Ends all that runs, lasts or waits; resolves when the holds are released and `finally` is through. */
  async end(reason: string): Promise<void> {
    this.#queue = [];
    this.#endRuns(reason);
    await Promise.all(this.#carried);
  }

  /** Leaves `finally` no more time. */
  abortCleanup(reason: string): void {
    for (const run of this.#working) run.abortCleanup(reason);
  }

  #restart(firing: InstanceFiring): Admission {
    const refusal = this.#limitRefusal(firing);
    if (refusal) return refusal;
    this.#queue = [firing];
    this.#endRuns('mode restart');
    return admitted;
  }

  #endRuns(reason: string): void {
    for (const run of this.#working) run.abort(reason);
    const lasting = this.#lasting;
    this.#lasting = [];
    if (lasting.length > 0) this.#rememberLasting();
    for (const run of lasting) this.#carry(run, () => run.conclude());
  }

  #start(firing: InstanceFiring): Admission {
    const refusal = this.#limitRefusal(firing);
    if (refusal) return refusal;
    const { limit } = firing;
    const now = this.context.runtime.ledger.deviceTime();
    if (limit && !this.#countsCalls(limit)) {
      const starts = withStart(limit.limit, this.#starts(limit), now);
      this.records.update(this.key, { starts: { ...this.records.read(this.key).starts, [limit.name]: starts } });
    }
    const run = new Run(this.context, firing, this.key);
    this.#runs += 1;
    this.#carry(run, () => this.#execute(run));
    return admitted;
  }

  async #execute(run: Run): Promise<void> {
    await run.perform();
    this.#lastOutcome = run.outcome;
    if (!run.lasts) return run.conclude();
    this.#lasting.push(run);
    this.#rememberLasting();
  }

  #carry(run: Run, work: () => Promise<void>): void {
    this.#working.add(run);
    this.#since = this.context.runtime.clock.boottime();
    const carried = work().then(() => {
      this.#working.delete(run);
      this.#carried.delete(carried);
      this.#since = this.context.runtime.clock.boottime();
      this.#next();
      this.observer.changed(!this.isRunning);
    });
    this.#carried.add(carried);
    this.observer.changed(false);
  }

  #next(): void {
    while (!this.isRunning) {
      const firing = this.#queue.shift();
      if (!firing) return;
      const admission = this.#start(firing);
      if (!admission.admitted) this.observer.refused(this.key, admission);
    }
  }

  #limitRefusal({ limit }: InstanceFiring): (Admission & { admitted: false }) | undefined {
    if (!limit) return undefined;
    const { at, reason, detail } = nextStart(limit.limit, this.#starts(limit));
    if (at <= this.context.runtime.ledger.deviceTime()) return undefined;
    if (limit.limit.then === 'disable') this.records.update(this.key, { disabled: true });
    this.#blocked = { at, detail };
    return { admitted: false, reason, detail, allowedAt: at };
  }

  #describe(): Pick<RuleStatus, 'state' | 'detail'> {
    if (this.isRunning) return { state: 'running', detail: 'a run is in progress' };
    if (this.isDisabled) return { state: 'disabled', detail: 'its limit was reached' };
    if (this.isLasting) return { state: 'holding', detail: 'it lasts until its end is told' };
    const { limitation } = this;
    return limitation === undefined ? { state: 'idle', detail: '' } : { state: 'limited', detail: limitation };
  }

  #starts(named: NamedLimit): readonly number[] {
    const { model, runtime } = this.context;
    if (this.#countsCalls(named)) return runtime.disruptions.callsOf(model.name);
    return this.records.read(this.key).starts?.[named.name] ?? [];
  }

  /** The default limit counts the disruptive calls of the whole rule, which a shadowed rule does not make. */
  #countsCalls({ limit }: NamedLimit): boolean {
    return limit.isDefault && !this.context.model.shadow;
  }

  /** A hold ends with its process, so only runs with an `until` are worth remembering. */
  #rememberLasting(): void {
    if (this.context.model.until.length === 0) return;
    const lasting = this.#lasting.map((run) => ({
      run: run.id,
      cause: run.firing.cause,
      trigger: asJson(run.firing.trigger),
      outputs: asJson(run.outputs) as { readonly [name: string]: JsonValue },
    }));
    this.records.update(this.key, { lasting: lasting.length > 0 ? lasting : undefined });
  }
}

/** The limit of the rule itself, and those of its rungs. */
function limitsOf({ limit, rungs }: RuleModel): readonly NamedLimit[] {
  const ofRungs = rungs.flatMap((rung, index) =>
    rung.limit ? [{ name: rungLimitName(index), limit: rung.limit }] : [],
  );
  return limit ? [{ name: ruleLimitName, limit }, ...ofRungs] : ofRungs;
}

/** Durations and dates become their text. */
function asJson(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null)) as JsonValue;
}
