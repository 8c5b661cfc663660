import { Subscription } from 'rxjs';
import type { Gap, Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { HoldTrigger, LevelTrigger as LevelModel, RuleModel } from '../config/rule-model.js';
import type { CatchUp } from './catch-up.js';
import { EpisodeMemory } from './episode-memory.js';
import type { Firing } from './firing.js';
import type { EpisodeRecord, InstanceRecords } from './instance-record.js';
import {
  causeOf,
  describeLevel,
  isToFire,
  progressOf,
  untilReset,
  withFired,
  type LevelProgress,
  type LevelStanding,
  type TriggerState,
} from './level-standing.js';
import type { LevelObserver } from './level-observer.js';
import type { Refused } from './admission.js';
import type { RuleRuntime } from './rule-runtime.js';
import type { RuleStates } from './rule-states.js';
import { stagesOf, type Stage } from './stages.js';
import { elapsed, paused, resumed, started } from './stopwatch.js';
import { liveTruth, type Truth } from './truth.js';

/** How often to look whether what stands in the way of a reboot is gone. */
const putOffFor = Duration.parse('1m');

/** `when` and `while`: follows a condition through its episodes and fires each stage once in each of them. */
export class LevelTrigger {
  readonly #model: LevelModel | HoldTrigger;
  readonly #stages: readonly Stage[];
  readonly #memory: EpisodeMemory;
  readonly #refusals = new Map<number, Refused>();
  /** Device time in milliseconds from which on a stage that was put off may fire once more. */
  readonly #putOffUntil = new Map<number, number>();
  readonly #watches = new Subscription();
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
    private readonly catchUp: CatchUp,
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
    this.#watches.add(this.states.watch(level, () => this.evaluate()));
    // Its `if` is of interest where it has refused what is due, not at each tick of `device.uptime`.
    this.#watches.add(this.states.watch(others, () => this.#isRefusedByIf && this.evaluate()));
    this.#watches.add(this.catchUp.gaps.subscribe((gap) => this.#leaveOut(gap)));
    this.#watches.add(this.catchUp.over.subscribe(() => this.evaluate()));
    this.evaluate();
  }

  /** Nothing fires any more, whatever the runs that are still at work come to. */
  stop(): void {
    this.#isStopped = true;
    this.#watches.unsubscribe();
    this.#timer?.cancel();
    this.#endWatch?.();
    if (this.#episode) this.#memory.leave(this.#episode);
  }

  /** What was fired and queued was refused when its turn came: the stage is still to fire in its episode. */
  takeBack(stage: number): void {
    const episode = this.#episode;
    if (episode) this.#keep({ ...episode, fired: episode.fired.filter((index) => index !== stage) });
  }

  /** The stage fired, but something that passes stood in the way of its reboot or shutdown: it fires once more after that. */
  putOff(stage: number): void {
    const episode = this.#episode;
    if (this.#isStopped || this.#model.kind === 'hold' || !episode?.fired.includes(stage)) return;
    this.#putOffUntil.set(stage, this.#now() + putOffFor.milliseconds);
    this.#keep({ ...episode, putOff: [...(episode.putOff ?? []).filter((index) => index !== stage), stage] });
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
    return describeLevel(this.#standing);
  }

  /** Where the episode stands, for `why`. */
  progress(): LevelProgress {
    return progressOf(this.#standing);
  }

  get #standing(): LevelStanding {
    return {
      model: this.#model,
      stages: this.#stages,
      episode: this.#episode,
      obstacle: this.#obstacle,
      refusal: [...this.#refusals.values()].at(-1),
      now: this.#now(),
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
    const test = (expression: typeof condition): Truth => liveTruth(expression, this.states, this.runtime.secrets);
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
    this.#putOffUntil.clear();
    this.#memory.keep(undefined);
    this.observer.episodeEnded();
  }

  /** The time of the gap counts as `on-gap` says; what is due waits until the condition was read again. */
  #leaveOut({ from }: Gap): void {
    this.#timer?.cancel();
    if (this.#episode) this.#keep(this.#memory.afterGap(this.#episode, from));
  }

  /** Fires what is due and sets the one timer for what comes next. */
  #advance(): void {
    const next = this.catchUp.isOn() ? Infinity : this.#next();
    const isCounting = this.#isCounting();
    const former = this.#timer;
    const [timers, name] = [isCounting ? this.catchUp : this.runtime.clock, `when ${this.rule.name}`];
    this.#timer = next < Infinity ? timers.schedule(next, () => this.evaluate(), name) : undefined;
    // Only now, so that the pulse of the clock goes on without a break.
    former?.cancel();
    this.#watchWhile(isCounting);
  }

  /** @returns milliseconds until something is to be done */
  #next(): number {
    const episode = this.#episode;
    if (!episode || episode.elapsed.since === undefined) return Infinity;
    return episode.recovery ? untilReset(this.#model, episode.recovery, this.#now()) : this.#fireDue();
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

  /** @returns milliseconds until the next stage is due or a limit lets one pass */
  #fireDue(): number {
    let next = Infinity;
    this.#stages.forEach((stage, index) => {
      const episode = this.#episode;
      if (!episode || !isToFire(episode, index)) return;
      const now = this.#now();
      const passed = elapsed(episode.elapsed, now);
      const remaining = stage.after.milliseconds - passed;
      if (remaining > 0) {
        next = Math.min(next, remaining);
        return;
      }
      const admission = this.#postponement(episode, index) ?? this.observer.fire(this.#firing(index, passed));
      if (admission.admitted) {
        this.#refusals.delete(index);
        this.#keep(withFired(episode, index));
        return;
      }
      if (this.#refusals.get(index)?.reason !== admission.reason) this.observer.refused(admission);
      this.#refusals.set(index, admission);
      if (admission.allowedAt !== undefined) next = Math.min(next, admission.allowedAt - now);
    });
    return next;
  }

  #postponement({ putOff = [] }: EpisodeRecord, index: number): Refused | undefined {
    if (!putOff.includes(index)) return undefined;
    const now = this.#now();
    const obstacle = this.observer.obstacle(this.#stages[index]!);
    const until = this.#putOffUntil.get(index) ?? now;
    if (!obstacle && until <= now) return undefined;
    const { detail = 'its reboot or shutdown was refused a moment ago', allowedAt = now + putOffFor.milliseconds } =
      obstacle ?? {};
    return { admitted: false, reason: 'put-off', detail, allowedAt: Math.max(until, obstacle ? allowedAt : now) };
  }

  #firing(index: number, passed: number): Firing {
    const since = new Date(this.runtime.clock.wall().milliseconds - passed);
    return {
      cause: causeOf(this.#model, this.#stages[index]!),
      heldFor: Duration.ofMilliseconds(passed),
      since,
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
