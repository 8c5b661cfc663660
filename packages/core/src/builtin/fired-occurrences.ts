/** From the first to the last of occurrences that fired with none left out between them; milliseconds since 1970. */
export type FiredRange = readonly [first: number, last: number];

/** A clock that is set to and fro begins a range each time; more than these forget the one that grew longest ago. */
const rangeLimit = 20;

/** Which occurrences of a pattern fired. A schedule that runs for years is one range. */
export class FiredOccurrences {
  readonly #ranges: FiredRange[];

  /** @param next the occurrence after a time */
  constructor(
    ranges: readonly FiredRange[],
    private readonly next: (after: number) => number | undefined,
  ) {
    this.#ranges = [...ranges];
  }

  get ranges(): readonly FiredRange[] {
    return this.#ranges;
  }

  has(occurrence: number): boolean {
    return this.#ranges.some(([first, last]) => first <= occurrence && occurrence <= last);
  }

  /** The latest time, not after `now`, before which the nearest occurrence fired; undefined when all are later. */
  settledUntil(now: number): number | undefined {
    const before = this.#ranges.filter(([first]) => first <= now).map(([, last]) => Math.min(last, now));
    return before.length > 0 ? Math.max(...before) : undefined;
  }

  add(occurrence: number): void {
    const grown = this.#ranges.findLastIndex(([, last]) => this.next(last) === occurrence);
    const [range] = grown < 0 ? [] : this.#ranges.splice(grown, 1);
    this.#ranges.push([range?.[0] ?? occurrence, occurrence]);
    if (this.#ranges.length > rangeLimit) this.#ranges.shift();
  }
}
