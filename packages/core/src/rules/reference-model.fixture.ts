/**
 * What a rule has to do, told a second time and in another way: plain arithmetic over a list of happenings, with nothing of
 * the engine in it. All times are milliseconds.
 */

export interface LimitedRule {
  readonly for: number;
  readonly runs: number;
  readonly per: number;
  readonly cooldown: number;
}

export type Happening =
  | { readonly kind: 'pass'; readonly time: number }
  | { readonly kind: 'level'; readonly isTrue: boolean }
  | { readonly kind: 'event'; readonly id: number }
  | { readonly kind: 'wall'; readonly hours: number }
  | { readonly kind: 'reload' }
  /** The time is how long it takes until the engine, or the machine, starts again. */
  | { readonly kind: 'restart' | 'kill' | 'reboot'; readonly time: number };

interface Moment {
  /** Since the beginning of the history. */
  readonly time: number;
  /** The same without the time that the machine was off. */
  readonly uptime: number;
}

/** Until when a limit blocks, by uptime. */
function blockedUntil({ runs, per, cooldown }: LimitedRule, starts: readonly number[]): number {
  const window = starts.length < runs ? -Infinity : starts[starts.length - runs]! + per;
  const pause = starts.length === 0 ? -Infinity : starts[starts.length - 1]! + cooldown;
  return Math.max(window, pause);
}

/** Moves through the history; `during` sees each stretch in which an engine runs, the others each change at its moment. */
function follow(history: readonly Happening[], during: (from: Moment, time: number) => void, at: Follower): void {
  let moment: Moment = { time: 0, uptime: 0 };
  for (const happening of history) {
    const { time, uptime } = moment;
    switch (happening.kind) {
      case 'pass':
        during(moment, happening.time);
        moment = { time: time + happening.time, uptime: uptime + happening.time };
        break;
      case 'level':
      case 'event':
        at(happening, moment, moment);
        break;
      case 'restart':
      case 'kill': {
        const next = { time: time + happening.time, uptime: uptime + happening.time };
        at(happening, moment, next);
        moment = next;
        break;
      }
      case 'reboot': {
        const next = { time: time + happening.time, uptime };
        at(happening, moment, next);
        moment = next;
        break;
      }
      default:
    }
  }
}

type Follower = (happening: Happening, before: Moment, after: Moment) => void;

/** When a rule on events acts, and for which key. */
export function actsOnEvents(rule: LimitedRule, history: readonly Happening[]): readonly string[] {
  const starts = new Map<number, number[]>();
  const acts: string[] = [];
  follow(
    history,
    () => {},
    (happening, { time, uptime }) => {
      if (happening.kind !== 'event') return;
      const own = starts.get(happening.id) ?? [];
      if (blockedUntil(rule, own) > uptime) return;
      starts.set(happening.id, [...own, uptime]);
      acts.push(`${time} ${happening.id}`);
    },
  );
  return acts;
}

const signs = 20_000;
const shortGap = 60_000;

/** When a rule on a level acts. */
export function actsOnLevel(rule: LimitedRule, history: readonly Happening[]): readonly string[] {
  const starts: number[] = [];
  const acts: string[] = [];
  let isTrue = false;
  let hasFired = false;
  /** The condition has counted for `held` at the uptime `from`. */
  let held = 0;
  let from = 0;

  const fireUntil = ({ time, uptime }: Moment, stretch: number): void => {
    if (!isTrue || hasFired) return;
    const due = Math.max(from + rule.for - held, blockedUntil(rule, starts), uptime);
    if (due > uptime + stretch) return;
    hasFired = true;
    starts.push(due);
    acts.push(String(time + due - uptime));
  };

  follow(history, fireUntil, (happening, before, after) => {
    if (happening.kind === 'level') {
      if (happening.isTrue && !isTrue) {
        hasFired = false;
        held = 0;
        from = after.uptime;
      }
      isTrue = happening.isTrue;
    } else if (happening.kind === 'reboot') {
      hasFired = false;
      held = 0;
      from = after.uptime;
    } else if (happening.kind === 'restart' || happening.kind === 'kill') {
      const counted = happening.kind === 'restart' ? before.uptime : Math.min(before.uptime, from + rule.for - held);
      const seen = happening.kind === 'restart' ? counted : counted - ((counted - from) % signs);
      held = after.uptime - seen < shortGap ? held + seen - from : 0;
      from = after.uptime;
    }
    fireUntil(after, 0);
  });
  return acts;
}
