import type { Timer } from './clock.js';
import type { Duration } from './duration.js';

/** Beats as often as the most demanding of those who hold it asks, and not at all when nobody does. */
export class Pulse {
  readonly #intervals = new Set<{ readonly milliseconds: number }>();
  #present = Infinity;
  #timer: Timer | undefined;

  constructor(private readonly schedule: (milliseconds: number, beat: () => void) => Timer) {}

  /** @returns ends it */
  keep({ milliseconds }: Duration): () => void {
    const held = { milliseconds };
    this.#intervals.add(held);
    if (milliseconds < this.#present) this.#beat();
    return () => {
      this.#intervals.delete(held);
      if (this.#intervals.size === 0) this.#beat();
    };
  }

  #beat(): void {
    this.#timer?.cancel();
    this.#present = Math.min(Infinity, ...[...this.#intervals].map(({ milliseconds }) => milliseconds));
    this.#timer = this.#present < Infinity ? this.schedule(this.#present, () => this.#beat()) : undefined;
  }
}
