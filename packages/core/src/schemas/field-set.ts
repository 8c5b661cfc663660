/** Where a field lies in a value: `['memory', 'available']`. The empty path is the whole value. */
export type FieldPath = readonly string[];

/** Fields of a value, each with all that is in it: what somebody reads of a state. It never changes. */
export class FieldSet {
  static readonly none = new FieldSet([]);
  static readonly all = new FieldSet([[]]);

  /** By {@link keyOfPath}. */
  readonly #paths = new Map<string, FieldPath>();

  constructor(paths: Iterable<FieldPath>) {
    for (const path of [...paths].sort((left, right) => left.length - right.length)) {
      if (!this.#holds(path)) this.#paths.set(keyOfPath(path), path);
    }
  }

  /** Each field once, and none that lies in another. */
  get paths(): readonly FieldPath[] {
    return [...this.#paths.values()];
  }

  /**
   * Whether the field, something in it or something that it lies in is one of them: `includes('memory')` and
   * `includes('memory', 'available')` are both true for the set of `memory.available`.
   */
  includes(...path: FieldPath): boolean {
    return this.#holds(path) || this.paths.some((held) => isWithin(held, path));
  }

  /** Whether it has all that the other one has. */
  covers(other: FieldSet): boolean {
    return other.paths.every((path) => this.#holds(path));
  }

  equals(other: FieldSet): boolean {
    return this.covers(other) && other.covers(this);
  }

  /** What both have. */
  intersection(other: FieldSet): FieldSet {
    const within = (inner: FieldSet, outer: FieldSet): FieldPath[] => inner.paths.filter((path) => outer.#holds(path));
    return new FieldSet([...within(this, other), ...within(other, this)]);
  }

  /** The value with these fields only; what is no plain object stays whole. */
  of(value: unknown): unknown {
    if (this.#paths.has(keyOfPath([])) || !isPlain(value)) return value;
    const names = new Set(this.paths.map(([name]) => name!));
    const within = (name: string): FieldSet =>
      new FieldSet(this.paths.filter(([first]) => first === name).map(([, ...rest]) => rest));
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => names.has(name))
        .map(([name, field]) => [name, within(name).of(field)]),
    );
  }

  #holds(path: FieldPath): boolean {
    for (let length = 0; length <= path.length; length++) {
      if (this.#paths.has(keyOfPath(path.slice(0, length)))) return true;
    }
    return false;
  }
}

function isWithin(path: FieldPath, outer: FieldPath): boolean {
  return outer.every((name, index) => path[index] === name);
}

/** A text for each different path. */
export function keyOfPath(path: FieldPath): string {
  return JSON.stringify(path);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
