import type { RunTrace } from '../rules/trace.js';
import type { SecretMask } from './secret-mask.js';

/** The last runs, in memory; a run that goes on replaces its own earlier record. */
export class TraceRing {
  readonly #traces = new Map<string, RunTrace>();

  constructor(
    private readonly capacity: number,
    private readonly mask: SecretMask,
  ) {}

  add(trace: RunTrace): void {
    this.#traces.delete(trace.id);
    this.#traces.set(trace.id, this.mask.value(trace) as RunTrace);
    if (this.#traces.size > this.capacity) this.#traces.delete(this.#traces.keys().next().value!);
  }

  /** The latest last. */
  list(): readonly RunTrace[] {
    return [...this.#traces.values()];
  }
}
