/**
 * Occurrences of cron patterns, found without any arithmetic on time zones: the local time of a zone is read from `Intl`
 * every quarter of an hour, and minute by minute where it leaps. Nothing here is shared with the schedule or its library.
 */

const second = 1_000;
const minute = 60 * second;
const step = 15 * minute;
const day = 24 * 60 * minute;
const margin = 3 * day;

/** Instants from `from` until `until` in which the local time runs on without a leap; `ahead` is local time less UTC. */
interface Stretch {
  readonly from: number;
  readonly until: number;
  readonly ahead: number;
}

export class OracleZone {
  readonly stretches: readonly Stretch[];

  constructor(
    name: string,
    readonly start: number,
    readonly end: number,
  ) {
    const ahead = aheadOf(name);
    const stretches: Stretch[] = [];
    let from = start - margin;
    for (let time = from; time < end + margin; time += step) {
      if (ahead(time + step) === ahead(from)) continue;
      let leap = time;
      while (ahead(leap) === ahead(from)) leap += minute;
      stretches.push({ from, until: leap, ahead: ahead(from) });
      from = leap;
      time = leap - step;
    }
    this.stretches = [...stretches, { from, until: end + margin, ahead: ahead(from) }];
  }

  /** The instants at which the local time leaps, within the years that are asked for. */
  get leaps(): readonly number[] {
    return this.stretches.slice(1).flatMap(({ from }) => (from >= this.start && from < this.end ? [from] : []));
  }

  /** Occurrences of a pattern after the start, until the end. */
  occurrences(pattern: OraclePattern): readonly number[] {
    const local = pattern.localTimes(this.start - margin, this.end + margin);
    const instants = pattern.isFixed ? this.#once(local) : this.#asOften(local);
    return [...new Set(instants)].filter((time) => time > this.start && time <= this.end);
  }

  /** Each local time as often as the zone has it, in the order of the instants. */
  #asOften(local: readonly number[]): number[] {
    return this.stretches.flatMap(({ from, until, ahead }) =>
      local
        .slice(firstNotBefore(local, from + ahead), firstNotBefore(local, until + ahead))
        .map((time) => time - ahead),
    );
  }

  /** Each local time once: at its first coming, or at the end of the leap that left it out. */
  #once(local: readonly number[]): number[] {
    const taken = new Set<number>();
    const instants: number[] = [];
    for (const { from, until, ahead } of this.stretches) {
      for (let index = 0; index < local.length && local[index]! < until + ahead; index++) {
        const time = local[index]!;
        if (taken.has(time)) continue;
        taken.add(time);
        instants.push(Math.max(time - ahead, from));
      }
    }
    return instants;
  }
}

/** Fields of numbers, lists, ranges, `*` and steps. */
export class OraclePattern {
  readonly isFixed: boolean;
  readonly #fields: readonly string[];
  readonly #local = new Map<string, readonly number[]>();

  constructor(readonly text: string) {
    const fields = text.split(' ');
    this.#fields = fields.length === 5 ? ['0', ...fields] : fields;
    this.isFixed = !/[*/]/.test(this.#fields.slice(0, 3).join(' '));
  }

  /** Local times that match, as milliseconds since 1970 of a place without any time zone. */
  localTimes(from: number, until: number): readonly number[] {
    const name = `${from} ${until}`;
    const known = this.#local.get(name) ?? this.#match(from, until);
    this.#local.set(name, known);
    return known;
  }

  #match(from: number, until: number): readonly number[] {
    const [seconds, minutes, hours] = this.#fields.map((field) => numbersOf(field));
    const found: number[] = [];
    for (let date = Math.floor(from / day) * day; date < until; date += day) {
      if (!this.#hasDay(new Date(date))) continue;
      for (let time = 0; time < 24 * 60; time++) {
        if (!hours!.has(Math.floor(time / 60)) || !minutes!.has(time % 60)) continue;
        for (const each of seconds!) found.push(date + time * minute + each * second);
      }
    }
    return found;
  }

  /** As every cron: where both days are given, one of them is enough. */
  #hasDay(date: Date): boolean {
    const [day, month, weekday] = this.#fields.slice(3) as [string, string, string];
    if (!numbersOf(month, 1).has(date.getUTCMonth() + 1)) return false;
    const inMonth = numbersOf(day, 1).has(date.getUTCDate());
    const inWeek = numbersOf(weekday).has(date.getUTCDay());
    return day !== '*' && weekday !== '*' ? inMonth || inWeek : inMonth && inWeek;
  }
}

const known = new Map<string, ReadonlySet<number>>();

/** @param lowest where `*` begins: at 1 for days and months */
function numbersOf(field: string, lowest = 0): ReadonlySet<number> {
  const name = `${field} ${lowest}`;
  const numbers = known.get(name) ?? new Set(field.split(',').flatMap((part) => numbersOfPart(part, lowest)));
  known.set(name, numbers);
  return numbers;
}

function numbersOfPart(part: string, lowest: number): number[] {
  const [range, every = '1'] = part.split('/') as [string, string?];
  const [first, last = first] = range === '*' ? [`${lowest}`, '59'] : (range.split('-') as [string, string?]);
  const numbers: number[] = [];
  for (let number = Number(first); number <= Number(last); number += Number(every)) numbers.push(number);
  return numbers;
}

/** Local time less UTC of a zone, read from the Swedish way to write a time: 2026-03-28 22:59:00. */
function aheadOf(zone: string): (time: number) => number {
  const [date, time] = ['numeric', '2-digit'] as const;
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    ...{ year: date, month: time, day: time, hour: time, minute: time, second: time },
  });
  const cache = new Map<number, number>();
  return (instant) => {
    const ahead = cache.get(instant) ?? Date.parse(`${format.format(instant).replace(' ', 'T')}Z`) - instant;
    if (cache.size < 2) cache.set(instant, ahead);
    return ahead;
  };
}

/** The index of the first time that is not before one. */
export function firstNotBefore(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
