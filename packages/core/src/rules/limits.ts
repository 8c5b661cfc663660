import { Duration } from '../clock/duration.js';
import type { LimitModel } from '../config/rule-model.js';

/** When a limit lets the next run start. Device time in milliseconds; `at` may lie in the past. */
interface NextStart {
  readonly at: number;
  readonly reason: 'limit' | 'cooldown';
  readonly detail: string;
}

/**
 * `runs` in any stretch of `per` (half-open: a start leaves the window exactly `per` after it), and `cooldown` between two
 * starts, both after the list of former starts, oldest first.
 */
export function nextStart(limit: LimitModel, starts: readonly number[]): NextStart {
  const { runs, per, cooldown } = limit;
  const windowOpensAt =
    runs && per && starts.length >= runs ? starts[starts.length - runs]! + per.milliseconds : -Infinity;
  const last = starts.at(-1);
  const cooledAt = cooldown && last !== undefined ? last + cooldown.milliseconds : -Infinity;
  return windowOpensAt >= cooledAt
    ? { at: windowOpensAt, reason: 'limit', detail: `${runs === 1 ? '1 run' : `${runs} runs`} in ${per}, no more` }
    : { at: cooledAt, reason: 'cooldown', detail: `the last run was less than ${cooldown} ago` };
}

/** The starts that the limit has to remember after one more. */
export function withStart(limit: LimitModel, starts: readonly number[], now: number): readonly number[] {
  return [...inForce(limit, starts, now), now].slice(-Math.max(limit.runs ?? 1, 1));
}

/** The former starts that can still block a run. */
export function inForce(limit: LimitModel, starts: readonly number[], now: number): readonly number[] {
  const horizon = Math.max((limit.per ?? Duration.zero).milliseconds, (limit.cooldown ?? Duration.zero).milliseconds);
  return starts.filter((start) => start + horizon > now);
}
