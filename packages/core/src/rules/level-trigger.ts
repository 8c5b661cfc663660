import type { Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { HoldTrigger, LevelTrigger as LevelModel, RuleModel, StepModel } from '../config/rule-model.js';
import type { EpisodeRecord, InstanceRecords } from './instance-record.js';
import { ruleLimitName, rungLimitName, type Admission, type InstanceFiring, type NamedLimit } from './rule-instance.js';
import type { RuleRuntime } from './rule-runtime.js';
import type { RuleStates } from './rule-states.js';
import { elapsed, paused, resumed, started } from './stopwatch.js';
import { truthOf, type Truth } from './truth.js';

/** Something that fires once in an episode: the rule's steps after `for`, or one rung of `escalate`. */
interface Stage {
  readonly after: Duration;
  readonly steps: readonly StepModel[];
  readonly limit?: NamedLimit;
}

/** How a trigger stands, for `status`. */
interface TriggerState {
  readonly state: 'idle' | 'holding' | 'limited' | 'paused';
  readonly detail: string;
}

interface LevelObserver {
  fire(firing: InstanceFiring): Admission;
  refused(admission: Admission & { admitted: false }): void;
  episodeEnded(): void;
  /** The condition failed to evaluate, or, with undefined, evaluates again. */
  fault(error: unknown): void;
  changed(): void;
}

/** A gap in watching that is shorter than this continues a `for`, unless `on-gap` says otherwise. */
const shortGap = Duration.parse('1m');
/** The key of the record that an episode is kept under; an episode belongs to the rule, not to a key. */
const episodeKey = '';

/** `when` and `while`: follows a condition through its episodes and fires each stage once in each of them. */
export class LevelTrigger {
  readonly #model: LevelModel | HoldTrigger;
  readonly #stages: readonly Stage[];
  readonly #refusals = new Map<number, Admission & { admitted: false }>();
  #episode: EpisodeRecord | undefined;
  /** Whether the first answer of the condition is still to come. */
  #isFirst = true;
  #obstacle: string | undefined;
  #timer: Timer | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(
    private readonly rule: RuleModel,
    private readonly runtime: RuleRuntime,
    private readonly states: RuleStates,
    private readonly records: InstanceRecords,
    private readonly observer: LevelObserver,
  ) {
    this.#model = rule.trigger as LevelModel | HoldTrigger;
    this.#stages = stagesOf(rule);
  }

  start(): void {
    this.#episode = this.#restored();
    this.#isFirst = this.#episode === undefined;
    const read = [this.#model.condition, this.#clear, this.rule.condition].flatMap((part) => [
      ...(part?.dependencies ?? []),
    ]);
    this.#stopWatching = this.states.watch(new Set(read), () => this.evaluate());
    this.evaluate();
  }

  stop(): void {
    this.#stopWatching?.();
    this.#timer?.cancel();
    if (this.#episode) this.#keep({ ...this.#episode, elapsed: paused(this.#episode.elapsed, this.#now()) });
  }

  /** Looks at the condition again; called on each change of what it reads, and when the instance is free again. */
  evaluate(): void {
    const truth = this.#activity();
    this.observer.fault(truth.is === 'faulted' ? truth.error : undefined);
    this.#obstacle = truth.is === 'lost' ? truth.detail : undefined;
    if (truth.is === 'true') this.#active();
    else if (truth.is === 'false') this.#recovered();
    else this.#pause();
    this.#advance();
    this.observer.changed();
  }

  describe(): TriggerState {
    const episode = this.#episode;
    if (this.#obstacle !== undefined) return { state: 'paused', detail: this.#obstacle };
    if (!episode) return { state: 'idle', detail: 'the condition is false' };
    const refusal = [...this.#refusals.values()].at(-1);
    if (refusal && (refusal.reason === 'limit' || refusal.reason === 'cooldown')) {
      return { state: 'limited', detail: refusal.detail };
    }
    const passed = Duration.ofMilliseconds(elapsed(episode.elapsed, this.#now()));
    const next = this.#stages.find((_, index) => !episode.fired.includes(index));
    if (!next) return { state: 'holding', detail: 'it has fired; the episode lasts' };
    return { state: 'holding', detail: refusal?.detail ?? `the condition holds for ${passed} of ${next.after}` };
  }

  get #clear(): LevelModel['clear'] {
    return this.#model.kind === 'level' ? this.#model.clear : undefined;
  }

  /** Whether the level is on. With `clear`, it stays on from the first firing until `clear` is true. */
  #activity(): Truth {
    const { condition } = this.#model;
    const clear = this.#clear;
    const test = (expression: typeof condition): Truth =>
      truthOf(expression, () => ({
        ...this.states.bindings(expression.dependencies),
        secrets: this.runtime.secrets,
      }));
    if (!clear) return test(condition);
    const cleared = test(clear);
    if (cleared.is === 'true') return { is: 'false' };
    if (cleared.is !== 'false') return cleared;
    return this.#episode && this.#isKept(this.#episode) ? { is: 'true' } : test(condition);
  }

  /** Before it fired, an episode of `for` needs unbroken truth; afterwards, and with rungs, it outlasts a recovery. */
  #isKept(episode: EpisodeRecord): boolean {
    return episode.fired.length > 0 || this.rule.rungs.length > 0;
  }

  #active(): void {
    const now = this.#now();
    if (this.#episode) {
      const { recovery: _, ...episode } = this.#episode;
      this.#keep({ ...episode, elapsed: resumed(episode.elapsed, now) });
    } else {
      const isIgnored = this.#isFirst && this.#model.kind === 'level' && this.#model.atStart === 'wait-for-change';
      this.#keep({ startedAt: now, elapsed: started(now), fired: isIgnored ? [...this.#stages.keys()] : [] });
    }
    this.#isFirst = false;
  }

  #recovered(): void {
    this.#isFirst = false;
    const episode = this.#episode;
    if (!episode) return;
    const now = this.#now();
    const resetAfter = this.#model.kind === 'level' ? this.#model.resetAfter : undefined;
    if (!resetAfter || !this.#isKept(episode)) return this.#end();
    const recovery = episode.recovery ? resumed(episode.recovery, now) : started(now);
    if (elapsed(recovery, now) >= resetAfter.milliseconds) return this.#end();
    this.#keep({ ...episode, elapsed: resumed(episode.elapsed, now), recovery });
  }

  #pause(): void {
    if (!this.#episode) return;
    const now = this.#now();
    const { recovery, ...episode } = this.#episode;
    this.#keep({
      ...episode,
      elapsed: paused(episode.elapsed, now),
      ...(recovery && { recovery: paused(recovery, now) }),
    });
  }

  #end(): void {
    this.#episode = undefined;
    this.#refusals.clear();
    this.records.update(episodeKey, { episode: undefined });
    this.observer.episodeEnded();
  }

  /** Fires what is due and sets the one timer for what comes next. */
  #advance(): void {
    this.#timer?.cancel();
    const episode = this.#episode;
    if (!episode || episode.elapsed.since === undefined) return;
    const next = episode.recovery ? this.#untilReset(episode.recovery) : this.#fireDue();
    if (next < Infinity)
      this.#timer = this.runtime.clock.schedule(next, () => this.evaluate(), `when ${this.rule.name}`);
  }

  #untilReset(recovery: NonNullable<EpisodeRecord['recovery']>): number {
    const { resetAfter } = this.#model as LevelModel;
    return (resetAfter ?? Duration.zero).milliseconds - elapsed(recovery, this.#now());
  }

  /** @returns milliseconds until the next stage is due or a limit lets one pass */
  #fireDue(): number {
    let next = Infinity;
    this.#stages.forEach((stage, index) => {
      const episode = this.#episode;
      if (!episode || episode.fired.includes(index)) return;
      const now = this.#now();
      const passed = elapsed(episode.elapsed, now);
      const remaining = stage.after.milliseconds - passed;
      if (remaining > 0) {
        next = Math.min(next, remaining);
        return;
      }
      const admission = this.observer.fire(this.#firing(stage, passed));
      if (admission.admitted) {
        this.#refusals.delete(index);
        this.#keep({ ...episode, fired: [...episode.fired, index] });
        return;
      }
      if (this.#refusals.get(index)?.reason !== admission.reason) this.observer.refused(admission);
      this.#refusals.set(index, admission);
      if (admission.allowedAt !== undefined) next = Math.min(next, admission.allowedAt - now);
    });
    return next;
  }

  #firing(stage: Stage, passed: number): InstanceFiring {
    const word = this.#model.kind === 'hold' ? 'while' : 'when';
    const heldFor = Duration.ofMilliseconds(passed);
    return {
      cause: `${word} true${stage.after.milliseconds > 0 ? ` for ${stage.after}` : ''}`,
      heldFor,
      since: new Date(this.runtime.clock.wall().milliseconds - passed),
      steps: stage.steps,
      ...(stage.limit && { limit: stage.limit }),
    };
  }

  #keep(episode: EpisodeRecord): void {
    if (JSON.stringify(episode) === JSON.stringify(this.#episode)) return;
    this.#episode = episode;
    this.records.update(episodeKey, { episode });
  }

  /**
   * The episode as the ledger knows it. What fired counts within the same boot; `on-gap` says what the time that nobody
   * watched means for the time that the condition has held. A hold starts anew: its effect ended with the process.
   */
  #restored(): EpisodeRecord | undefined {
    const { episode, seenAt = 0 } = this.records.read(episodeKey);
    if (!episode || this.#model.kind === 'hold') return undefined;
    const now = this.#now();
    const isSameBoot = seenAt >= now - this.runtime.clock.boottime();
    const isShortGap = isSameBoot && now - seenAt < shortGap.milliseconds;
    if (!isSameBoot && episode.fired.length > 0) return undefined;
    const before = {
      resume: elapsed(episode.elapsed, seenAt),
      restart: 0,
      fire: Math.max(...this.#stages.map((stage) => stage.after.milliseconds)),
    }[this.#model.onGap ?? (isShortGap ? 'resume' : 'restart')];
    return { ...episode, elapsed: { before } };
  }

  #now(): number {
    return this.runtime.ledger.deviceTime();
  }
}

function stagesOf(rule: RuleModel): readonly Stage[] {
  const ruleLimit = rule.limit && { name: ruleLimitName, limit: rule.limit };
  const stage = (after: Duration, steps: readonly StepModel[], limit = ruleLimit): Stage => ({
    after,
    steps,
    ...(limit && { limit }),
  });
  if (rule.rungs.length === 0) {
    const after = rule.trigger.kind === 'level' ? rule.trigger.for : undefined;
    return [stage(after ?? Duration.zero, rule.steps)];
  }
  return rule.rungs.map(({ after, steps, limit }, index) =>
    stage(after, steps, limit && { name: rungLimitName(index), limit }),
  );
}
