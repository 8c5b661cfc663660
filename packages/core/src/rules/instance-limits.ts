import { Duration } from '../clock/duration.js';
import type { RuleModel } from '../config/rule-model.js';
import type { InstanceRecords } from './instance-record.js';
import { inForce, nextStart, withStart } from './limits.js';
import { mustDisrupt } from './reachable-actions.js';
import type { RuleRuntime } from './rule-runtime.js';
import { stagesOf, type NamedLimit, type Stage } from './stages.js';

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
    private readonly runtime: Pick<RuleRuntime, 'ledger' | 'disruptions' | 'actions'>,
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
   * What forbids a start of the stage that is asked for now; where the limit says so, it ends the instance.
   * @param waiting starts to come before it, which are counted as if they were made now
   */
  refusal(stage: Stage, waiting: number): LimitRefusal | undefined {
    const blocked = this.blockedBy(stage, waiting);
    if (!blocked) return undefined;
    if (stage.limit!.limit.then === 'disable') this.records.update(this.key, { disabled: true });
    this.#blocked = blocked;
    return blocked;
  }

  /** The same as a look, without any consequence. */
  blockedBy(stage: Stage, waiting = 0): LimitRefusal | undefined {
    const { limit: named } = stage;
    if (!named || !this.#limitsRuns(stage)) return undefined;
    const now = this.runtime.ledger.deviceTime();
    const toCome = this.#countsCalls(named) ? [] : Array<number>(waiting).fill(now);
    const { at: allowedAt, reason, detail } = nextStart(named.limit, [...this.#starts(named), ...toCome]);
    return allowedAt <= now ? undefined : { reason, detail, allowedAt };
  }

  /** How far each limit of the rule is used up. */
  uses(): readonly LimitUse[] {
    const now = this.runtime.ledger.deviceTime();
    const limited = new Map(stagesOf(this.model).map((stage) => [stage.limit?.name, stage] as const));
    return [...limited.values()].flatMap((stage) => {
      const { limit } = stage;
      if (!limit) return [];
      const blocked = this.blockedBy(stage);
      return {
        ...limit,
        used: inForce(limit.limit, this.#starts(limit), now).length,
        ...(blocked && { detail: blocked.detail, allowedIn: Duration.ofMilliseconds(blocked.allowedAt - now) }),
      };
    });
  }

  /** Remembers a start, where there is a limit that it counts for. */
  count(stage: Stage): void {
    const { limit: named } = stage;
    if (!named || this.#countsCalls(named) || !this.#limitsRuns(stage)) return;
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

  /** The default limit is kept where calls are made; only a run that comes to one in any case is not even begun. */
  #limitsRuns({ limit, steps }: Stage): boolean {
    return limit?.limit.isDefault !== true || mustDisrupt(steps, this.runtime.actions);
  }
}
