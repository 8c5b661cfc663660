/** Milliseconds for which work may hold the event loop until timers, signals and readings get their turn. */
const slice = 10;

/** Watches how long work has held the event loop in its present turn, over all who ask. */
export class Turns {
  /** When somebody asked first in this turn. */
  #since: number | undefined;

  /** Whether the work at hand should go on in another turn: `while (turns.areDue()) await nextTurn()`. */
  areDue(): boolean {
    const now = performance.now();
    if (this.#since === undefined) {
      this.#since = now;
      setImmediate(() => (this.#since = undefined));
    }
    return now - this.#since >= slice;
  }
}

/** Resolves when timers, and what has come from outside of the process, have had a turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise(setImmediate);
}
