import { Duration } from '../clock/duration.js';
import type { RuleModel } from '../config/rule-model.js';
import type { Ledger } from '../ledger/ledger.js';
import type { EpisodeRecord, InstanceRecords } from './instance-record.js';
import { stagesOf } from './stages.js';
import { elapsed, paused, type Stopwatch } from './stopwatch.js';

/** A gap in watching that is shorter than this continues what counted before, unless `on-gap` says otherwise. */
export const shortGap = Duration.parse('1m');
/** The key of the record that an episode is kept under; an episode belongs to the rule, not to a key. */
const episodeKey = '';

/** What the ledger remembers of a rule's episode. A hold has nothing to remember: its effect ends with the process. */
export class EpisodeMemory {
  constructor(
    private readonly rule: RuleModel,
    private readonly ledger: Ledger,
    private readonly records: InstanceRecords,
  ) {}

  /** Number of the present boot. */
  get boot(): number {
    return this.ledger.boots.at(-1)!.number;
  }

  keep(episode: EpisodeRecord | undefined): void {
    if (this.rule.trigger.kind === 'hold') return;
    this.records.update(episodeKey, { episode, episodeSeenAt: episode && this.ledger.deviceTime() });
  }

  /** Nobody watches from now on. */
  leave(episode: EpisodeRecord): void {
    this.keep({ ...episode, elapsed: paused(episode.elapsed, this.ledger.deviceTime()) });
  }

  /**
   * The episode that goes on: of the present boot, or one of a former boot in which nothing has fired yet and that `on-gap`
   * takes over. `on-gap` says what the time that nobody watched means for the time that the condition has held.
   */
  restore(): EpisodeRecord | undefined {
    const { trigger } = this.rule;
    const { episode, episodeSeenAt = 0 } = this.records.read(episodeKey);
    if (!episode || trigger.kind !== 'level') return undefined;
    const isSameBoot = episode.boot === this.boot;
    const watchedUntil = Math.max(
      episodeSeenAt,
      isSameBoot ? (this.ledger.watchedUntil ?? 0) : this.#endOf(episode.boot),
    );
    const isOver =
      episode.fired.length > 0 ||
      episode.recovery !== undefined ||
      this.#meaningOfGap(episode, watchedUntil) === 'restart';
    return isSameBoot || !isOver ? this.afterGap(episode, watchedUntil) : undefined;
  }

  /**
   * What `on-gap` makes of an episode when nobody watched it for a while.
   * @param watchedUntil device time in milliseconds
   */
  afterGap(episode: EpisodeRecord, watchedUntil: number): EpisodeRecord {
    const meaning = this.#meaningOfGap(episode, watchedUntil);
    const stood = (watch: Stopwatch): Stopwatch => ({
      before: meaning === 'restart' ? 0 : elapsed(watch, Math.max(watchedUntil, watch.since ?? 0)),
    });
    const longest = Math.max(...stagesOf(this.rule).map(({ after }) => after.milliseconds));
    return {
      ...episode,
      boot: this.boot,
      elapsed: meaning === 'fire' ? { before: longest } : stood(episode.elapsed),
      ...(episode.recovery && { recovery: stood(episode.recovery) }),
    };
  }

  #meaningOfGap({ boot }: EpisodeRecord, watchedUntil: number): 'resume' | 'restart' | 'fire' {
    const { trigger } = this.rule;
    const isShort = boot === this.boot && this.ledger.deviceTime() - watchedUntil < shortGap.milliseconds;
    return (trigger.kind === 'level' && trigger.onGap) || (isShort ? 'resume' : 'restart');
  }

  /** Device time up to which a former boot is known to have lasted. */
  #endOf(boot: number): number {
    const record = this.ledger.boots.find(({ number }) => number === boot);
    return record ? record.startedAt + record.seenFor : 0;
  }
}
