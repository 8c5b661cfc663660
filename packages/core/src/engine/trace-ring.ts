import { coreError } from '../diagnostics/core-errors.js';
import type { RunTrace } from '../rules/trace.js';
import type { SecretMask } from './secret-mask.js';

/** The last runs, in memory, as they stand now. Secrets are masked when they are asked for. */
export class TraceRing {
  readonly #traces = new Map<string, RunTrace>();

  constructor(
    private readonly capacity: number,
    private readonly mask: SecretMask,
  ) {}

  add(trace: RunTrace): void {
    // It is the same object each time that a run tells of itself, but for a run that goes on from a former engine.
    if (this.#traces.get(trace.id) === trace) return;
    this.#traces.delete(trace.id);
    this.#traces.set(trace.id, trace);
    if (this.#traces.size > this.capacity) this.#traces.delete(this.#traces.keys().next().value!);
  }

  /** The latest last. */
  list(): readonly RunTrace[] {
    return [...this.#traces.values()].map((trace) => this.mask.structure(trace) as RunTrace);
  }

  /**
   * @param id of a run, or the beginning of one
   * @throws DeviceError `RUN_UNKNOWN`
   */
  find(id: string): RunTrace {
    const found = [...this.#traces.values()].filter((trace) => trace.id.startsWith(id));
    if (found.length === 1) return this.mask.structure(found[0]) as RunTrace;
    throw coreError(
      'RUN_UNKNOWN',
      `${found.length} of the last ${this.capacity} runs have an id that begins with "${id}".`,
    );
  }
}
