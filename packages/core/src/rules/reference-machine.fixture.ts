import { isDeepStrictEqual } from 'node:util';

/**
 * What restarts, reboots and power cuts leave of a rule, told a second time and in another way: plain arithmetic over a list
 * of happenings, with nothing of the engine in it. All times are milliseconds, of device time unless it is said otherwise.
 *
 * A power cut takes what nobody promised: of the last 10 s any number of turns may be there, so there may be several worlds
 * that go on. How late device time is afterwards, and until when somebody is known to have watched before a kill, is read
 * from the ledger, and held against what is promised of it.
 */

export type Happening =
  | { readonly kind: 'pass'; readonly time: number }
  /** Undefined: the stream that it is read from is lost. */
  | { readonly kind: 'level'; readonly isTrue: boolean | undefined }
  | { readonly kind: 'event'; readonly id: number }
  | { readonly kind: 'wall'; readonly hours: number }
  | { readonly kind: 'reload' }
  /** The engine stands still for so long; what comes meanwhile, it hears when it goes on. */
  | { readonly kind: 'gap'; readonly time: number; readonly heard: readonly Happening[] }
  /** The time is how long it takes until the engine, or the machine, starts again. */
  | { readonly kind: 'restart' | 'kill' | 'reboot'; readonly time: number }
  /** By luck the disk keeps a share of the bytes of the record that were not synced, and signs of life. */
  | { readonly kind: 'power-cut'; readonly time: number; readonly records: number; readonly signs: boolean };

/** What the ledger says when an engine has just started. */
export interface Found {
  readonly deviceTime: number;
  readonly watchedUntil: number | undefined;
}

export interface Played {
  /** Each as its time since the beginning of the history, and what was given to the action. */
  readonly acts: readonly string[];
  /** One for each end of the engine. */
  readonly found: readonly Found[];
}

export interface Moment {
  readonly now: number;
  /** Whether the condition of a level is true; undefined while nobody can tell. */
  readonly isTrue: boolean | undefined;
}

/** How a new engine comes upon what the former one left. */
export interface Start extends Moment {
  /** Until when somebody is known to have watched. */
  readonly seen: number;
  readonly isSameBoot: boolean;
}

/** What a change makes of a rule; `act` is what its action is given, when it acts. */
export interface Step<State> {
  readonly state: State;
  readonly act?: string;
}

/** A rule as it should be. Its states are plain data, and all of it is to survive. */
export interface ReferenceRule<State> {
  readonly initial: State;
  /** When it does something by itself; Infinity for never. */
  due(state: State): number;
  /** Does what is due. */
  perform(state: State, now: number): Step<State>;
  level(state: State, moment: Moment): State;
  event(state: State, id: number, now: number): Step<State>;
  start(state: State, start: Start): State;
  /** The same for one who knows only that somebody watched until then. */
  seenUntil(state: State, seen: number): State;
  /** Until when time counted, so that signs of life were given; -Infinity when none counted. */
  countedUntil(state: State, now: number): number;
}

const signs = 20_000;
const lazySync = 10_000;
const minute = 60_000;
const hour = 60 * minute;

/** All that was changed together. */
interface Turn<State> {
  readonly at: number;
  readonly state: State;
  /** Since when nobody watches, if the engine that made it was killed. */
  readonly watchedUntil: number;
}

interface World<State> {
  readonly state: State;
  /** What may be found on the disk: the first is there for certain. */
  readonly turns: readonly Turn<State>[];
  readonly acts: readonly string[];
}

/** At which boottime the length of the boot is saved when nothing else is; the save before was at `length`. */
function nextSave(length: number): number {
  if (length < 5 * minute) return 5 * minute;
  return length + Math.min(Math.max(length / 4, hour), 24 * hour);
}

/** The worlds of one rule on one machine. */
class ReferenceMachine<State> {
  #worlds: readonly World<State>[];
  /** Since the beginning of the history. */
  #time = 0;
  #now = 0;
  #bootedAt = 0;
  /** When the present engine started, or last stood still: from then on it has its time to sync. */
  #startedAt = 0;
  #isTrue: boolean | undefined = false;

  constructor(private readonly rule: ReferenceRule<State>) {
    const { initial: state } = rule;
    this.#worlds = [{ state, turns: [{ at: 0, state, watchedUntil: Infinity }], acts: [] }];
  }

  get acts(): readonly (readonly string[])[] {
    return this.#worlds.map(({ acts }) => acts);
  }

  pass(time: number): void {
    const end = this.#now + time;
    this.#worlds = this.#worlds.map((world) => this.#performUntil(world, end));
    this.#time += time;
    this.#now = end;
  }

  level(isTrue: boolean | undefined): void {
    this.#isTrue = isTrue;
    this.#each((state) => ({ state: this.rule.level(state, this.#moment) }));
  }

  event(id: number): void {
    this.#each((state) => this.rule.event(state, id, this.#now));
  }

  /** As a restart in which nothing was forgotten, and committed; what was due waits for what came meanwhile. */
  gap(time: number, heard: readonly Happening[]): void {
    const seen = this.#now;
    this.#time += time;
    this.#now += time;
    this.#startedAt = this.#now;
    this.#worlds = this.#worlds.map((world) => {
      const state = this.rule.start(world.state, { ...this.#moment, seen, isSameBoot: true });
      // What the gap did not change was there before.
      const isSame = isDeepStrictEqual(onRecord(state), onRecord(world.state));
      const turn = isSame ? world.turns.at(-1)! : { at: this.#now, state, watchedUntil: Infinity };
      const left: World<State> = { state, acts: world.acts, turns: [turn] };
      const afterwards = heard.reduce(
        (present, each) => this.#take(present, this.#hear(present.state, each), this.#now),
        left,
      );
      return this.#performUntil(afterwards, this.#now);
    });
    for (const each of heard) if (each.kind === 'level') this.#isTrue = each.isTrue;
  }

  #hear(state: State, happening: Happening): Step<State> {
    if (happening.kind === 'event') return this.rule.event(state, happening.id, this.#now);
    const isTrue = happening.kind === 'level' ? happening.isTrue : this.#isTrue;
    return { state: this.rule.level(state, { now: this.#now, isTrue }) };
  }

  /** An orderly stop commits, and tells to the millisecond how long somebody watched. */
  restart(gap: number, { deviceTime, watchedUntil }: Found): void {
    const seen = this.#now;
    promise(watchedUntil === seen, `watched until ${watchedUntil} and not until the stop at ${seen}`);
    this.#leave();
    this.#startEngine(gap, deviceTime, () => seen);
  }

  /** Of an engine that was killed, only the last sign of life tells how long it watched. */
  kill(gap: number, { deviceTime, watchedUntil = -Infinity }: Found): void {
    const killedAt = this.#now;
    const isPromised = ({ state }: World<State>): boolean =>
      this.rule.countedUntil(state, killedAt) - signs <= watchedUntil && watchedUntil <= killedAt;
    this.#goOn(
      this.#worlds.filter(isPromised).map((world) => ({
        ...world,
        turns: this.#safe(world.turns).map((turn) => ({
          ...turn,
          watchedUntil: Math.min(turn.watchedUntil, killedAt),
        })),
      })),
      `watched until ${watchedUntil} before the kill at ${killedAt}`,
    );
    this.#startEngine(gap, deviceTime, () => watchedUntil);
  }

  reboot(off: number, { deviceTime }: Found): void {
    promise(deviceTime === this.#now, `device time ${deviceTime} and not ${this.#now} after a reboot`);
    this.#leave();
    this.#boot(off, deviceTime);
  }

  /** Device time is late by no more than the time since the length of the boot had to be saved, and never runs ahead. */
  cutPower(off: number, { deviceTime }: Found): void {
    const isAhead = deviceTime > this.#now;
    const savedBy = Math.max(nextSave(deviceTime - this.#bootedAt), this.#startedAt - this.#bootedAt) + lazySync;
    const isLate = deviceTime < this.#bootedAt || this.#now - this.#bootedAt >= savedBy;
    promise(!isAhead && !isLate, `device time ${deviceTime} after a power cut at ${this.#now}`);
    const possible = this.#worlds.flatMap((world) =>
      this.#safe(world.turns)
        .filter(({ at }) => at <= deviceTime)
        .map(({ at, state: kept, watchedUntil }): World<State> => {
          const state = this.rule.seenUntil(kept, Math.min(deviceTime, watchedUntil));
          return { ...world, state, turns: [{ at, state, watchedUntil }] };
        }),
    );
    this.#goOn(possible, `device time ${deviceTime} is before what is on record`);
    this.#boot(off, deviceTime);
  }

  get #moment(): Moment {
    return { now: this.#now, isTrue: this.#isTrue };
  }

  #leave(): void {
    this.#worlds = this.#worlds.map((world) => {
      const state = this.rule.seenUntil(world.state, this.#now);
      return { ...world, state, turns: [{ at: this.#now, state, watchedUntil: this.#now }] };
    });
  }

  #startEngine(gap: number, deviceTime: number, seen: () => number): void {
    this.#time += gap;
    this.#now += gap;
    promise(deviceTime === this.#now, `device time ${deviceTime} and not ${this.#now} after a start`);
    this.#start({ seen: seen(), isSameBoot: true });
  }

  #boot(off: number, deviceTime: number): void {
    this.#time += off;
    this.#now = this.#bootedAt = deviceTime;
    this.#start({ seen: deviceTime, isSameBoot: false });
  }

  #start(how: Pick<Start, 'seen' | 'isSameBoot'>): void {
    this.#startedAt = this.#now;
    this.#each((state) => ({ state: this.rule.start(state, { ...this.#moment, ...how }) }));
    // Where that changed nothing, no time has passed in which nobody watched.
    this.#worlds = this.#worlds.map((world) => ({
      ...world,
      turns: world.turns.with(-1, {
        ...world.turns.at(-1)!,
        watchedUntil: Infinity,
      }),
    }));
  }

  /** The turns from the last one that is certainly on the disk: an engine syncs within 10 s of its life what it wrote. */
  #safe(turns: readonly Turn<State>[]): readonly Turn<State>[] {
    const isSafe = ({ at }: Turn<State>): boolean => Math.max(at, this.#startedAt) + lazySync <= this.#now;
    const first = Math.max(turns.findLastIndex(isSafe), 0);
    return turns.slice(first);
  }

  /** What changes and the first thing that becomes due by it are one turn. */
  #each(change: (state: State) => Step<State>): void {
    this.#worlds = this.#worlds.map((world) => {
      const changed = change(world.state);
      const isDue = changed.act === undefined && this.rule.due(changed.state) <= this.#now;
      const step = isDue ? this.rule.perform(changed.state, this.#now) : changed;
      return this.#performUntil(this.#take(world, step, this.#now), this.#now);
    });
  }

  #performUntil(world: World<State>, end: number): World<State> {
    let present = world;
    for (;;) {
      const at = Math.max(this.rule.due(present.state), this.#now);
      if (at > end) return present;
      present = this.#take(present, this.rule.perform(present.state, at), at);
    }
  }

  #take(world: World<State>, { state, act }: Step<State>, at: number): World<State> {
    if (JSON.stringify(state) === JSON.stringify(world.state)) return world;
    const acts = act === undefined ? world.acts : [...world.acts, `${this.#time + at - this.#now} ${act}`];
    return { state, turns: [...world.turns, { at, state, watchedUntil: Infinity }], acts };
  }

  /** In those worlds of which there are two alike, in one of them. */
  #goOn(worlds: readonly World<State>[], broken: string): void {
    promise(worlds.length > 0, broken);
    this.#worlds = [...new Map(worlds.map((world) => [JSON.stringify(world), world])).values()];
  }
}

/** What of a state is written down. */
function onRecord(state: unknown): unknown {
  return JSON.parse(JSON.stringify(state));
}

function promise(isKept: boolean, broken: string): void {
  if (!isKept) throw new Error(`The ledger breaks its promise: ${broken}.`);
}

/**
 * Follows a rule through a history that was played.
 * @returns all that it may have done; it has done right when its acts are among them
 * @throws Error when the ledger says what it must not say
 */
export function possibleActs<State>(
  rule: ReferenceRule<State>,
  history: readonly Happening[],
  { found }: Played,
): readonly (readonly string[])[] {
  const machine = new ReferenceMachine(rule);
  const starts = found.values();
  const nextStart = (): Found => starts.next().value!;
  for (const happening of history) {
    switch (happening.kind) {
      case 'pass':
        machine.pass(happening.time);
        break;
      case 'level':
        machine.level(happening.isTrue);
        break;
      case 'event':
        machine.event(happening.id);
        break;
      case 'gap':
        machine.gap(happening.time, happening.heard);
        break;
      case 'restart':
      case 'kill':
      case 'reboot':
        machine[happening.kind](happening.time, nextStart());
        break;
      case 'power-cut':
        machine.cutPower(happening.time, nextStart());
    }
  }
  return machine.acts;
}
