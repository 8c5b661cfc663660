/**
 * Timers that are late, in the order in which they are due. Each waits until the event loop has turned twice, so that what
 * had come in before is read before they fire: an answer before its timeout, a change before the time that it ends.
 */
export class LateTimers {
  readonly #waiting: (() => void)[] = [];

  /** Whether a timer that is not late has to queue behind some that are. */
  get areWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  add(fire: () => void): void {
    this.#waiting.push(fire);
    if (this.#waiting.length === 1) setImmediate(() => setImmediate(() => this.#fireNext()));
  }

  /** One in each turn of the loop; one that throws keeps none of the others. */
  #fireNext(): void {
    try {
      this.#waiting[0]!();
    } finally {
      this.#waiting.shift();
      if (this.areWaiting) setImmediate(() => this.#fireNext());
    }
  }
}
