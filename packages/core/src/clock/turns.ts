/** Milliseconds for which work may hold the event loop until timers, signals and readings get their turn. */
const slice = 10;

/**
 * Shares the event loop out to work that waits for nothing, as in `if (turns.areDue()) await turns.next()`. Each turn of the
 * loop serves one of those who wait, so that each goes on at last, however many there are.
 */
export class Turns {
  /** When somebody asked first in this turn. */
  #since: number | undefined;
  readonly #waiting: (() => void)[] = [];
  #isNextPlanned = false;

  /** Whether the work of this turn, of all who ask, has held the loop for long enough. */
  areDue(): boolean {
    const now = performance.now();
    this.#since ??= now;
    this.#planNext();
    return now - this.#since >= slice;
  }

  /** Resolves when the rest of the process, and those who came before, have had their turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#planNext();
    });
  }

  #planNext(): void {
    if (this.#isNextPlanned) return;
    this.#isNextPlanned = true;
    setImmediate(() => {
      this.#isNextPlanned = false;
      this.#since = undefined;
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#planNext();
    });
  }
}
