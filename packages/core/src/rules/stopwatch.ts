/** Time that passed in stretches, as plain data. Device time in milliseconds. */
export interface Stopwatch {
  /** The sum of the finished stretches. */
  readonly before: number;
  /** Start of the present stretch; missing while it stands still. */
  readonly since?: number;
}

export function started(now: number): Stopwatch {
  return { before: 0, since: now };
}

export function elapsed(watch: Stopwatch, now: number): number {
  return watch.since === undefined ? watch.before : watch.before + now - watch.since;
}

export function paused(watch: Stopwatch, now: number): Stopwatch {
  return { before: elapsed(watch, now) };
}

export function resumed(watch: Stopwatch, now: number): Stopwatch {
  return watch.since === undefined ? { before: watch.before, since: now } : watch;
}
