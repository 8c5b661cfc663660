import type { FieldSet } from '../schemas/field-set.js';

/**
 * How far a reading can be trusted. `ok`: it is so now. `stale`: the source is late, the value counts on. `lost`: the source is
 * out of reach; timers that depend on it pause.
 */
export type Quality = 'ok' | 'stale' | 'lost';

/** The latest value of a state stream and how far it can be trusted. */
export interface Reading<Value = unknown> {
  /** The last value seen; undefined until there was one. Not to be used while the quality is `lost`. */
  readonly value: Value | undefined;
  readonly quality: Quality;
  /** Boottime in milliseconds since when the quality is what it is. */
  readonly since: number;
  /** Why the quality is not `ok`. */
  readonly reason?: string;
}

/** Emitted by a state stream in place of a value while its source is out of reach. */
export class Lost {
  /** For the compiler: a value that has a reason, too, is something else. */
  declare private readonly quality: 'lost';

  constructor(readonly reason: string) {}
}

/** Emitted by a state stream whose source is late: the last value counts on, marked as `stale`. */
export class Stale {
  /** For the compiler: a value that has a reason, too, is something else. */
  declare private readonly quality: 'stale';

  constructor(readonly reason: string) {}
}

/** Emitted by a state stream that has read some fields of its value only; what stands in the place of the others counts for nothing. */
export class Partly<Value = unknown> {
  constructor(
    readonly value: Value,
    readonly fields: FieldSet,
  ) {}
}

/** What a state stream emits that has read these fields of a value and not all that are of interest. */
export function partly<Value>(value: Value, fields: FieldSet): Partly<Value> {
  return new Partly(value, fields);
}

/** What a state stream emits when its source is late, with the reason for `status` and `why`. */
export function stale(reason: string): Stale {
  return new Stale(reason);
}

/** What a state stream emits when its source is out of reach, with the reason for `status` and `why`. */
export function lost(reason: string): Lost {
  return new Lost(reason);
}
