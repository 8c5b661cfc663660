/** Tasks that happen one after the other, in the order in which they were asked for. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** A task that may be asked for more often than it can be done: all who ask before its turn share that turn. */
export class SharedTask<Result> {
  #next: Promise<Result> | undefined;

  constructor(
    private readonly turns: Turns,
    private readonly task: () => Promise<Result>,
  ) {}

  /** Resolves with what a turn came to that began after the request. */
  request(): Promise<Result> {
    return (this.#next ??= this.turns.take(() => {
      this.#next = undefined;
      return this.task();
    }));
  }
}
