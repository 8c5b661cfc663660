import { Observable, type MonoTypeOperatorFunction } from 'rxjs';

/** What comes from outside to a process. While it stands still it waits, as in sockets, and keeps its order. */
export class Backlog {
  readonly #waiting: (() => void)[] = [];
  #isHeld = false;

  /** Delivers now, or behind what waits. */
  deliver(work: () => void): void {
    if (this.#isHeld || this.#waiting.length > 0) this.#waiting.push(work);
    else work();
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    while (this.#waiting.length > 0) {
      this.#waiting[0]!();
      this.#waiting.shift();
    }
  }

  /** What the source emits, as the process gets it. */
  received<Value>(): MonoTypeOperatorFunction<Value> {
    return (source) =>
      new Observable((subscriber) =>
        source.subscribe({
          next: (value) => this.deliver(() => subscriber.next(value)),
          error: (error: unknown) => subscriber.error(error),
        }),
      );
  }
}
