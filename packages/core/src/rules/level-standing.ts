import { Duration } from '../clock/duration.js';
import type { HoldTrigger, LevelTrigger } from '../config/rule-model.js';
import type { EpisodeRecord } from './instance-record.js';
import type { Refused } from './admission.js';
import type { RuleStatus } from './rule-status.js';
import type { Stage } from './stages.js';
import { elapsed, type Stopwatch } from './stopwatch.js';

/** A trigger at one moment. Times are device time in milliseconds. */
export interface LevelStanding {
  readonly model: LevelTrigger | HoldTrigger;
  readonly stages: readonly Stage[];
  readonly episode: EpisodeRecord | undefined;
  /** Why time stands still. */
  readonly obstacle: string | undefined;
  /** The last one of the episode. */
  readonly refusal: Refused | undefined;
  readonly now: number;
}

/** How a trigger stands, for `status`. */
export type TriggerState = Pick<RuleStatus, 'state' | 'detail' | 'heldFor' | 'firesIn' | 'allowedIn'>;

/** How far an episode has come; outside of one there is no `heldFor`. */
export interface LevelProgress {
  readonly heldFor?: Duration;
  /** While the condition is false but the episode not over yet: until it is. */
  readonly resetIn?: Duration;
  /** Why time stands still. */
  readonly obstacle?: string;
  readonly stages: readonly (Stage & { readonly hasFired: boolean; readonly dueIn?: Duration })[];
}

export function describeLevel({ model, stages, episode, obstacle, refusal, now }: LevelStanding): TriggerState {
  if (obstacle !== undefined) return { state: 'paused', detail: obstacle };
  if (!episode) return { state: 'idle', detail: 'the condition is false' };
  const heldFor = elapsed(episode.elapsed, now);
  const next = stages.find((_, index) => isToFire(episode, index));
  const times = {
    heldFor,
    ...(next && !episode.recovery && { firesIn: Math.max(0, next.after.milliseconds - heldFor) }),
    ...(refusal?.allowedAt !== undefined && { allowedIn: Math.max(0, refusal.allowedAt - now) }),
  };
  if (refusal && ['limit', 'cooldown', 'put-off'].includes(refusal.reason)) {
    return { state: 'limited', detail: refusal.detail, ...times };
  }
  if (!next) {
    const detail = model.kind === 'hold' ? 'its while is true' : 'it has fired; the episode lasts';
    return { state: 'holding', detail, ...times };
  }
  const passed = Duration.ofMilliseconds(heldFor).inSeconds();
  const detail = refusal?.detail ?? `the condition holds for ${passed} of ${next.after}`;
  return { state: 'holding', detail, ...times };
}

export function progressOf({ model, stages, episode, obstacle, now }: LevelStanding): LevelProgress {
  const heldFor = episode && elapsed(episode.elapsed, now);
  return {
    ...(heldFor !== undefined && { heldFor: Duration.ofMilliseconds(heldFor) }),
    ...(episode?.recovery && { resetIn: Duration.ofMilliseconds(untilReset(model, episode.recovery, now)) }),
    ...(obstacle !== undefined && { obstacle }),
    stages: stages.map((stage, index) => ({
      ...stage,
      hasFired: episode !== undefined && !isToFire(episode, index),
      ...(heldFor !== undefined && {
        dueIn: Duration.ofMilliseconds(Math.max(0, stage.after.milliseconds - heldFor)),
      }),
    })),
  };
}

/** Milliseconds until an episode whose condition is false is over. */
export function untilReset(model: LevelTrigger | HoldTrigger, recovery: Stopwatch, now: number): number {
  const resetAfter = model.kind === 'level' ? model.resetAfter : undefined;
  return (resetAfter ?? Duration.zero).milliseconds - elapsed(recovery, now);
}

export function isToFire({ fired, putOff = [] }: EpisodeRecord, stage: number): boolean {
  return !fired.includes(stage) || putOff.includes(stage);
}

/** The episode after a stage of it has fired. */
export function withFired({ putOff, ...episode }: EpisodeRecord, stage: number): EpisodeRecord {
  const others = (putOff ?? []).filter((index) => index !== stage);
  const fired = episode.fired.includes(stage) ? episode.fired : [...episode.fired, stage];
  return { ...episode, fired, ...(others.length > 0 && { putOff: others }) };
}

/** Why a stage fires, in words. */
export function causeOf({ kind }: LevelTrigger | HoldTrigger, { after }: Stage): string {
  const word = kind === 'hold' ? 'while' : 'when';
  return `${word} true${after.milliseconds > 0 ? ` for ${after}` : ''}`;
}
