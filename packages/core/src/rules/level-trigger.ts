import type { Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { HoldTrigger, LevelTrigger as LevelModel, RuleModel } from '../config/rule-model.js';
import { EpisodeMemory } from './episode-memory.js';
import type { Firing } from './firing.js';
import type { EpisodeRecord, InstanceRecords } from './instance-record.js';
import type { LevelProgress } from './level-progress.js';
import type { Admission, Refused } from './rule-instance.js';
import type { RuleRuntime } from './rule-runtime.js';
import type { RuleStates } from './rule-states.js';
import type { RuleStatus } from './rule-status.js';
import { stagesOf, type Stage } from './stages.js';
import { elapsed, paused, resumed, started } from './stopwatch.js';
import { truthOf, type Truth } from './truth.js';

/** How a trigger stands, for `status`. */
type TriggerState = Pick<RuleStatus, 'state' | 'detail' | 'heldFor' | 'firesIn' | 'allowedIn'>;

interface LevelObserver {
  fire(firing: Firing): Admission;
  refused(admission: Refused): void;
  episodeEnded(): void;
  /** The condition failed to evaluate, or, with undefined, evaluates again. */
  fault(error: unknown): void;
  changed(): void;
}

/** `when` and `while`: follows a condition through its episodes and fires each stage once in each of them. */
export class LevelTrigger {
  readonly #model: LevelModel | HoldTrigger;
  readonly #stages: readonly Stage[];
  readonly #memory: EpisodeMemory;
  readonly #refusals = new Map<number, Refused>();
  readonly #watches: (() => void)[] = [];
  #episode: EpisodeRecord | undefined;
  /** Whether the first answer of the condition is still to come. */
  #isFirst = true;
  #obstacle: string | undefined;
  #timer: Timer | undefined;
  #isStopped = false;
  #endWatch: (() => void) | undefined;

  constructor(
    private readonly rule: RuleModel,
    private readonly runtime: RuleRuntime,
    private readonly states: RuleStates,
    records: InstanceRecords,
    private readonly observer: LevelObserver,
  ) {
    this.#model = rule.trigger as LevelModel | HoldTrigger;
    this.#stages = stagesOf(rule);
    this.#memory = new EpisodeMemory(rule, runtime.ledger, records);
    this.#episode = this.#memory.restore();
  }

  start(): void {
    // What the gap came to is settled here: the next engine must not count it, even if no reading has come by then.
    this.#memory.keep(this.#episode);
    this.#isFirst = this.#episode === undefined;
    const level = new Set([...this.#model.condition.dependencies, ...(this.#clear?.dependencies ?? [])]);
    const others = [...(this.rule.condition?.dependencies ?? [])].filter((name) => !level.has(name));
    this.#watches.push(
      this.states.watch(level, () => this.evaluate()),
      // Its `if` is of interest where it has refused what is due, not at each tick of `device.uptime`.
      this.states.watch(others, () => this.#isRefusedByIf && this.evaluate()),
    );
    this.evaluate();
  }

  /** Nothing fires any more, whatever the runs that are still at work come to. */
  stop(): void {
    this.#isStopped = true;
    for (const stopWatching of this.#watches) stopWatching();
    this.#timer?.cancel();
    this.#endWatch?.();
    if (this.#episode) this.#memory.leave(this.#episode);
  }

  /** What was fired and queued was refused when its turn came: the stage is still to fire in its episode. */
  takeBack(stage: number): void {
    const episode = this.#episode;
    if (episode) this.#keep({ ...episode, fired: episode.fired.filter((index) => index !== stage) });
  }

  /** Looks at the condition again; called on each change of what it reads, and when the instance has room again. */
  evaluate(): void {
    if (this.#isStopped) return;
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
    const now = this.#now();
    const heldFor = elapsed(episode.elapsed, now);
    const refusal = [...this.#refusals.values()].at(-1);
    const next = this.#stages.find((_, index) => !episode.fired.includes(index));
    const times = {
      heldFor,
      ...(next && !episode.recovery && { firesIn: Math.max(0, next.after.milliseconds - heldFor) }),
      ...(refusal?.allowedAt !== undefined && { allowedIn: Math.max(0, refusal.allowedAt - now) }),
    };
    if (refusal && (refusal.reason === 'limit' || refusal.reason === 'cooldown')) {
      return { state: 'limited', detail: refusal.detail, ...times };
    }
    if (!next) {
      const detail = this.#model.kind === 'hold' ? 'its while is true' : 'it has fired; the episode lasts';
      return { state: 'holding', detail, ...times };
    }
    const passed = Duration.ofMilliseconds(heldFor).inSeconds();
    const detail = refusal?.detail ?? `the condition holds for ${passed} of ${next.after}`;
    return { state: 'holding', detail, ...times };
  }

  /** Where the episode stands, for `why`. */
  progress(): LevelProgress {
    const episode = this.#episode;
    const heldFor = episode && elapsed(episode.elapsed, this.#now());
    return {
      ...(heldFor !== undefined && { heldFor: Duration.ofMilliseconds(heldFor) }),
      ...(episode?.recovery && { resetIn: Duration.ofMilliseconds(this.#untilReset(episode.recovery)) }),
      ...(this.#obstacle !== undefined && { obstacle: this.#obstacle }),
      stages: this.#stages.map((stage, index) => ({
        ...stage,
        hasFired: episode?.fired.includes(index) ?? false,
        ...(heldFor !== undefined && {
          dueIn: Duration.ofMilliseconds(Math.max(0, stage.after.milliseconds - heldFor)),
        }),
      })),
    };
  }

  get #isRefusedByIf(): boolean {
    return [...this.#refusals.values()].some(({ reason }) => reason === 'condition' || reason === 'faulted');
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
      const fired = isIgnored ? [...this.#stages.keys()] : [];
      this.#keep({ boot: this.#memory.boot, startedAt: now, elapsed: started(now), fired });
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
    this.#memory.keep(undefined);
    this.observer.episodeEnded();
  }

  /** Fires what is due and sets the one timer for what comes next. */
  #advance(): void {
    this.#timer?.cancel();
    const next = this.#next();
    if (next < Infinity)
      this.#timer = this.runtime.clock.schedule(next, () => this.evaluate(), `when ${this.rule.name}`);
    this.#watchWhile(this.#isCounting());
  }

  /** @returns milliseconds until something is to be done */
  #next(): number {
    const episode = this.#episode;
    if (!episode || episode.elapsed.since === undefined) return Infinity;
    return episode.recovery ? this.#untilReset(episode.recovery) : this.#fireDue();
  }

  /** Whether time counts towards a stage or the end of the episode, so that the next engine has to know how far it came. */
  #isCounting(): boolean {
    const episode = this.#episode;
    if (!episode || episode.elapsed.since === undefined || this.#model.kind === 'hold') return false;
    if (episode.recovery) return true;
    const passed = elapsed(episode.elapsed, this.#now());
    return this.#stages.some(({ after }, index) => !episode.fired.includes(index) && after.milliseconds > passed);
  }

  #watchWhile(isCounting: boolean): void {
    if (isCounting) this.#endWatch ??= this.runtime.ledger.keepWatch();
    else {
      this.#endWatch?.();
      this.#endWatch = undefined;
    }
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
      const admission = this.observer.fire(this.#firing(index, stage, passed));
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

  #firing(index: number, { after }: Stage, passed: number): Firing {
    const word = this.#model.kind === 'hold' ? 'while' : 'when';
    return {
      cause: `${word} true${after.milliseconds > 0 ? ` for ${after}` : ''}`,
      heldFor: Duration.ofMilliseconds(passed),
      since: new Date(this.runtime.clock.wall().milliseconds - passed),
      stage: index,
    };
  }

  #keep(episode: EpisodeRecord): void {
    if (JSON.stringify(episode) === JSON.stringify(this.#episode)) return;
    this.#episode = episode;
    this.#memory.keep(episode);
  }

  #now(): number {
    return this.runtime.ledger.deviceTime();
  }
}
