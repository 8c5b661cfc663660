import { Duration } from '../clock/duration.js';
import type { RuleModel } from '../config/rule-model.js';
import type { InstanceRecords } from './instance-record.js';
import type { RuleRuntime } from './rule-runtime.js';
import { inForce, nextStart, withStart } from './limits.js';
import { stagesOf, type NamedLimit } from './stages.js';

/** A limit that lets no run start at present. */
interface LimitRefusal {
  readonly reason: 'limit' | 'cooldown';
  readonly detail: string;
  /** Device time from which on a run may start. */
  readonly allowedAt: number;
}

/** One limit as it stands: `allowedIn` is missing while it lets the next run start. */
export interface LimitUse extends NamedLimit {
  /** Starts that it still counts. */
  readonly used: number;
  readonly detail?: string;
  readonly allowedIn?: Duration;
}

/** The limits of one instance: what the ledger remembers of its former starts, and what that forbids. */
export class InstanceLimits {
  #blocked: LimitRefusal | undefined;

  constructor(
    private readonly key: string,
    private readonly model: RuleModel,
    private readonly runtime: Pick<RuleRuntime, 'ledger' | 'disruptions'>,
    private readonly records: InstanceRecords,
  ) {}

  /** Whether `limit.then: disable` has ended it. */
  get isDisabled(): boolean {
    return this.records.read(this.key).disabled === true;
  }

  /** What blocked the last firing and still blocks. */
  get inForce(): LimitRefusal | undefined {
    return this.#blocked && this.#blocked.allowedAt > this.runtime.ledger.deviceTime() ? this.#blocked : undefined;
  }

  /** Whether no former start can block a run any more. */
  get isClear(): boolean {
    const now = this.runtime.ledger.deviceTime();
    return stagesOf(this.model).every(
      ({ limit }) => !limit || this.#countsCalls(limit) || inForce(limit.limit, this.#starts(limit), now).length === 0,
    );
  }

  /**
   * What forbids a start that is asked for now; where the limit says so, it ends the instance.
   * @param waiting starts to come before it, which are counted as if they were made now
   */
  refusal(named: NamedLimit | undefined, waiting: number): LimitRefusal | undefined {
    const blocked = this.blockedBy(named, waiting);
    if (!named || !blocked) return undefined;
    if (named.limit.then === 'disable') this.records.update(this.key, { disabled: true });
    this.#blocked = blocked;
    return blocked;
  }

  /** The same as a look, without any consequence. */
  blockedBy(named: NamedLimit | undefined, waiting = 0): LimitRefusal | undefined {
    if (!named) return undefined;
    const now = this.runtime.ledger.deviceTime();
    const toCome = this.#countsCalls(named) ? [] : Array<number>(waiting).fill(now);
    const { at: allowedAt, reason, detail } = nextStart(named.limit, [...this.#starts(named), ...toCome]);
    return allowedAt <= now ? undefined : { reason, detail, allowedAt };
  }

  /** How far each limit of the rule is used up. */
  uses(): readonly LimitUse[] {
    const now = this.runtime.ledger.deviceTime();
    const named = new Map(stagesOf(this.model).flatMap(({ limit }) => (limit ? [[limit.name, limit] as const] : [])));
    return [...named.values()].map((limit) => {
      const blocked = this.blockedBy(limit);
      return {
        ...limit,
        used: inForce(limit.limit, this.#starts(limit), now).length,
        ...(blocked && { detail: blocked.detail, allowedIn: Duration.ofMilliseconds(blocked.allowedAt - now) }),
      };
    });
  }

  /** Remembers a start, where there is a limit that it counts for. */
  count(named: NamedLimit | undefined): void {
    if (!named || this.#countsCalls(named)) return;
    const { name, limit } = named;
    const starts = withStart(limit, this.#starts(named), this.runtime.ledger.deviceTime());
    this.records.update(this.key, { starts: { ...this.records.read(this.key).starts, [name]: starts } });
  }

  #starts(named: NamedLimit): readonly number[] {
    if (this.#countsCalls(named)) return this.runtime.disruptions.callsOf(this.model.name);
    return this.records.read(this.key).starts?.[named.name] ?? [];
  }

  /** The default limit counts the disruptive calls of the whole rule, which a shadowed rule does not make. */
  #countsCalls({ limit }: NamedLimit): boolean {
    return limit.isDefault && !this.model.shadow;
  }
}
