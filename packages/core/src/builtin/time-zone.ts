/** A change of the offset from UTC: the first instant of the new one. Times are milliseconds. */
export interface OffsetChange {
  readonly at: number;
  /** Local time less UTC. */
  readonly before: number;
  readonly after: number;
}

const day = 86_400_000;

/** The local time of an IANA zone, or of the process (`TZ`) where none is named. */
export class TimeZone {
  readonly #offset: (time: number) => number;

  /** @param name IANA name such as Europe/Berlin */
  constructor(name: string | undefined) {
    this.#offset = name === undefined ? processOffset : zoneOffset(name);
  }

  /** Local time less UTC at a time; both in milliseconds. */
  offsetAt(time: number): number {
    return this.#offset(time);
  }

  /**
   * The first change of the offset after `from`, until and with `until`. `Intl` gives no list of changes: they are looked
   * for day by day, and no zone of the database has changed twice in a day.
   */
  nextChange(from: number, until: number): OffsetChange | undefined {
    const before = this.offsetAt(from);
    for (let time = from; time < until; time += day) {
      const end = Math.min(time + day, until);
      if (this.offsetAt(end) !== before) return this.#changeBetween(time, end);
    }
    return undefined;
  }

  /** Offsets change at whole seconds. */
  #changeBetween(from: number, until: number): OffsetChange {
    const before = this.offsetAt(from);
    let [last, at] = [Math.floor(from / 1_000), Math.ceil(until / 1_000)];
    while (at - last > 1) {
      const middle = Math.floor((last + at) / 2);
      if (this.offsetAt(middle * 1_000) === before) last = middle;
      else at = middle;
    }
    return { at: at * 1_000, before, after: this.offsetAt(at * 1_000) };
  }
}

function zoneOffset(name: string): (time: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (time) => {
    const whole = Math.floor(time / 1_000) * 1_000;
    const [month, date, year, hour, minute, second] = format.format(whole).match(/\d+/g)!.map(Number);
    return Date.UTC(year!, month! - 1, date, hour, minute, second) - whole;
  };
}

function processOffset(time: number): number {
  const whole = new Date(Math.floor(time / 1_000) * 1_000);
  const [year, month, date] = [whole.getFullYear(), whole.getMonth(), whole.getDate()];
  return Date.UTC(year, month, date, whole.getHours(), whole.getMinutes(), whole.getSeconds()) - whole.getTime();
}
