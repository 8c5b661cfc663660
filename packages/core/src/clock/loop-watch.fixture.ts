/** Watches the event loop while a test works: how often it turns, and how long one turn takes at most. */
export class LoopWatch {
  #turns = 0;
  #longest = 0;
  #isOver = false;
  #last = used();

  constructor() {
    setImmediate(() => this.#beat());
  }

  get turns(): number {
    return this.#turns;
  }

  /**
   * Milliseconds for which the loop was held at most: of the time that passed and the time that this process computed
   * the smaller one, because other processes take the processor away, and other threads of this one compute, too.
   */
  get longest(): number {
    return this.#longest;
  }

  end(): void {
    this.#isOver = true;
  }

  #beat(): void {
    const now = used();
    this.#turns++;
    this.#longest = Math.max(
      this.#longest,
      Math.min(now.passed - this.#last.passed, now.computed - this.#last.computed),
    );
    this.#last = now;
    if (!this.#isOver) setImmediate(() => this.#beat());
  }
}

function used(): { readonly passed: number; readonly computed: number } {
  const { user, system } = process.cpuUsage();
  return { passed: performance.now(), computed: (user + system) / 1_000 };
}
