/** An occurrence this shortly before the end of an engine may be on its record and not in its log. */
const certainty = 1_000;

interface Occurrence {
  /** Calendar time in milliseconds. */
  readonly scheduled: number;
  /** How many before it did not fire, as the event says. */
  readonly missed: number;
  readonly life: number;
}

export interface ScheduleFigures {
  readonly expected: number;
  readonly fired: number;
  readonly lost: readonly string[];
  readonly duplicated: readonly string[];
  /** Occurrences that are neither in the log nor reported as missed, right before an engine was ended. */
  readonly uncertain: number;
}

/** What schedules fired: each occurrence between the first and the last one has to be reported, as a firing or as missed. */
export class ScheduleRecord {
  readonly #occurrences = new Map<string, Occurrence[]>();
  /** Milliseconds before the end of each life in which nothing is certain. */
  readonly #ends: number[] = [];

  /** @param distances milliseconds between two occurrences, by rule */
  constructor(
    private readonly distances: ReadonlyMap<string, number>,
    /** Whether the record of the schedule outlives the engine, as that of `cron` does. */
    private readonly outlivesEngine: boolean,
  ) {}

  has(rule: string): boolean {
    return this.distances.has(rule);
  }

  occurred(rule: string, scheduled: number, missed: number): void {
    if (!this.#occurrences.has(rule)) this.#occurrences.set(rule, []);
    this.#occurrences.get(rule)!.push({ scheduled, missed, life: this.#ends.length });
  }

  /** @param delay how far the engine was behind, in milliseconds */
  endLife(delay: number): void {
    this.#ends.push(delay + certainty);
  }

  figures(): ScheduleFigures {
    const lost: string[] = [];
    const duplicated: string[] = [];
    let [expected, fired, uncertain] = [0, 0, 0];
    for (const [rule, distance] of this.distances) {
      const occurrences = this.#occurrences.get(rule) ?? [];
      // A schedule that never fires has lost all there is; one that starts anew with each engine may have had no time.
      if (this.outlivesEngine && occurrences.length < 2) lost.push(`${rule}: it hardly fired`);
      for (const [index, { scheduled, missed, life }] of occurrences.entries()) {
        fired += 1;
        const last = occurrences[index - 1];
        if (!last || (last.life !== life && !this.outlivesEngine)) continue;
        const passed = Math.round((scheduled - last.scheduled) / distance);
        const untold = passed - 1 - missed;
        expected += passed;
        if (passed < 1 || untold < 0) duplicated.push(`${rule} ${new Date(scheduled).toISOString()}`);
        if (untold > 0 && last.life === life) lost.push(`${rule} before ${new Date(scheduled).toISOString()}`);
        if (untold > 0 && last.life !== life) {
          const ends = this.#ends.slice(last.life, life).map((time) => Math.ceil(time / distance));
          const atEnd = ends.reduce((sum, count) => sum + count, 0);
          uncertain += Math.min(untold, atEnd);
          if (untold > atEnd) lost.push(`${rule} ${untold} before ${new Date(scheduled).toISOString()}`);
        }
      }
    }
    return { expected, fired, lost, duplicated, uncertain };
  }
}
