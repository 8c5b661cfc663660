/** What rules have to do, as the design says it and not as the engine does it. All times are milliseconds of device time. */
import type { Moment, ReferenceRule, Start, Step } from './reference-machine.fixture.js';

export interface Limit {
  readonly runs: number;
  readonly per: number;
  readonly cooldown: number;
}

export interface Rung {
  readonly after: number;
  /** Default: that of the rule. */
  readonly limit?: Limit | undefined;
}

/** A rule on a level; one with `for` has one rung. */
export interface LevelRule {
  readonly isEscalation: boolean;
  readonly rungs: readonly Rung[];
  readonly limit: Limit;
  readonly resetAfter?: number | undefined;
  readonly onGap?: 'resume' | 'restart' | 'fire' | undefined;
}

const shortGap = 60_000;

/** Until when a limit blocks. */
function blockedUntil({ runs, per, cooldown }: Limit, starts: readonly number[] = []): number {
  const window = starts.length < runs ? -Infinity : starts[starts.length - runs]! + per;
  const pause = starts.length === 0 ? -Infinity : starts[starts.length - 1]! + cooldown;
  return Math.max(window, pause);
}

type Starts = Readonly<Record<string, readonly number[]>>;

/** `on`, with a key that is the id of the event. */
export function ruleOnEvents(limit: Limit): ReferenceRule<Starts> {
  return {
    initial: {},
    due: () => Infinity,
    perform: (state) => ({ state }),
    level: (state) => state,
    event: (starts, id, now): Step<Starts> => {
      const own = starts[id] ?? [];
      if (blockedUntil(limit, own) > now) return { state: starts };
      return { state: { ...starts, [id]: [...own, now] }, act: String(id) };
    },
    start: (state) => state,
    seenUntil: (state) => state,
    countedUntil: () => -Infinity,
  };
}

/** Has counted for `held` at `from`, and counts on; at Infinity it stands still. */
interface Count {
  readonly held: number;
  readonly from: number;
}

interface Episode {
  readonly count: Count;
  readonly fired: readonly number[];
  /** Since the condition is false, while that does not end the episode. */
  readonly recovery?: Count | undefined;
}

interface LevelState {
  readonly starts: Starts;
  readonly episode?: Episode | undefined;
}

const heldAt = ({ held, from }: Count, time: number): number => held + Math.max(0, time - from);
const stoodStillAt = (count: Count, time: number): Count => ({ held: heldAt(count, time), from: Infinity });
const goesOnAt = (count: Count, time: number): Count => (count.from === Infinity ? { ...count, from: time } : count);
const dueAt = ({ held, from }: Count, after: number): number => from + after - held;

/** `when`, with `for` or `escalate`. */
export function ruleOnLevel({ isEscalation, rungs, limit, resetAfter, onGap }: LevelRule): ReferenceRule<LevelState> {
  const limitOf = (index: number): { name: string; limit: Limit } => {
    const own = rungs[index]!.limit;
    return own ? { name: String(index), limit: own } : { name: 'rule', limit };
  };

  /** When each rung fires. */
  const timesOf = ({ starts, episode }: LevelState): readonly number[] =>
    rungs.map(({ after }, index) => {
      if (!episode || episode.recovery || episode.fired.includes(index)) return Infinity;
      const { name, limit: own } = limitOf(index);
      return Math.max(dueAt(episode.count, after), blockedUntil(own, starts[name]));
    });

  const isTold = (state: LevelState, { now, isTrue }: Moment): LevelState => {
    const { starts } = state;
    const fresh: Count = { held: 0, from: now };
    const change = isTrue === undefined ? stoodStillAt : goesOnAt;
    const episode = state.episode && withCounts(state.episode, (count) => change(count, now));
    if (isTrue === undefined) return { starts, episode };
    if (isTrue) return { starts, episode: { count: fresh, fired: [], ...episode, recovery: undefined } };
    const outlasts = resetAfter !== undefined && episode && (isEscalation || episode.fired.length > 0);
    return { starts, episode: outlasts ? { recovery: fresh, ...definedOf(episode) } : undefined };
  };

  /** A new boot begins anew, but for what was only counted, where `on-gap` takes that over. */
  const isKept = ({ fired, recovery }: Episode, isSameBoot: boolean): boolean =>
    isSameBoot || (fired.length === 0 && !recovery && (onGap === 'resume' || onGap === 'fire'));

  const afterGap = (episode: Episode, { now, seen, isSameBoot }: Start): Episode => {
    const what = onGap ?? (isSameBoot && now - seen < shortGap ? 'resume' : 'restart');
    const { count, recovery, fired } = episode;
    const goesOn = (former: Count): Count => ({ held: what === 'restart' ? 0 : heldAt(former, seen), from: now });
    const longest = Math.max(...rungs.map(({ after }) => after));
    return {
      fired,
      count: what === 'fire' ? { held: longest, from: now } : goesOn(count),
      recovery: recovery && goesOn(recovery),
    };
  };

  return {
    initial: { starts: {} },
    due: (state) => {
      const recovery = state.episode?.recovery;
      return recovery ? dueAt(recovery, resetAfter!) : Math.min(...timesOf(state));
    },
    perform: (state, now) => {
      const { starts, episode } = state;
      if (!episode || episode.recovery) return { state: { starts } };
      const index = timesOf(state).findIndex((due) => due <= now);
      const { name } = limitOf(index);
      const counted = { ...starts, [name]: [...(starts[name] ?? []), now] };
      return {
        state: { starts: counted, episode: { ...episode, fired: [...episode.fired, index] } },
        act: String(index),
      };
    },
    level: isTold,
    event: (state) => ({ state }),
    start: ({ starts, episode }, start) =>
      isTold(
        { starts, episode: episode && isKept(episode, start.isSameBoot) ? afterGap(episode, start) : undefined },
        start,
      ),
    seenUntil: ({ starts, episode }, seen) => ({
      starts,
      episode: episode && withCounts(episode, (count) => stoodStillAt(count, seen)),
    }),
    countedUntil: ({ episode }, now) => {
      if (!episode || episode.count.from === Infinity) return -Infinity;
      if (episode.recovery) return now;
      const open = rungs.filter((_, index) => !episode.fired.includes(index));
      return Math.min(now, Math.max(-Infinity, ...open.map(({ after }) => dueAt(episode.count, after))));
    },
  };
}

function withCounts(episode: Episode, change: (count: Count) => Count): Episode {
  const { count, recovery } = episode;
  return { ...episode, count: change(count), recovery: recovery && change(recovery) };
}

/** The episode without the fields that are undefined, for use in a spread. */
function definedOf({ recovery, ...episode }: Episode): Episode {
  return { ...episode, ...(recovery && { recovery }) };
}
