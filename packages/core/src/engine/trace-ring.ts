import { coreError } from '../diagnostics/core-errors.js';
import type { RunTrace } from '../rules/trace.js';
import type { SecretMask } from './secret-mask.js';

interface KeptTrace {
  readonly trace: RunTrace;
  /** Bytes it counts for: those of a run at work are counted where runs share them. */
  size: number;
}

/**
 * The last runs, in memory, as they stand now: at most so many, and those that are over have at most so many bytes together.
 * Secrets are masked when they are asked for.
 */
export class TraceRing {
  readonly #traces = new Map<string, KeptTrace>();
  #size = 0;
  #dropped = 0;

  constructor(
    private readonly bound: { readonly runs: number; readonly bytes: number },
    private readonly mask: SecretMask,
  ) {}

  /** How many runs were here and are not any more. */
  get dropped(): number {
    return this.#dropped;
  }

  /** To be called when a run begins, and again when it has come to its end. */
  add(trace: RunTrace): void {
    const size = trace.outcome === undefined ? 0 : trace.size;
    const known = this.#traces.get(trace.id);
    // It is the same object each time that a run reports itself, but for a run that goes on from a former engine.
    if (known?.trace === trace) {
      this.#size += size - known.size;
      known.size = size;
    } else {
      if (known) this.#remove(trace.id, known);
      else if (trace.outcome !== undefined && !trace.resumed) this.#dropped -= 1;
      this.#traces.set(trace.id, { trace, size });
      this.#size += size;
    }
    this.#makeRoom();
  }

  /**
   * The latest last.
   * @param rule whose runs alone are wanted
   * @param last how many at most
   */
  list({ rule, last = Infinity }: { readonly rule?: string; readonly last?: number } = {}): readonly RunTrace[] {
    return [...this.#traces.values()]
      .map(({ trace }) => trace)
      .filter((trace) => rule === undefined || trace.rule === rule)
      .slice(-last)
      .map((trace) => this.mask.structure(trace) as RunTrace);
  }

  /**
   * @param id of a run, or the beginning of one
   * @throws DeviceError `RUN_UNKNOWN`
   */
  find(id: string): RunTrace {
    const found = [...this.#traces.values()].filter(({ trace }) => trace.id.startsWith(id));
    if (found.length === 1) return this.mask.structure(found[0]!.trace) as RunTrace;
    throw coreError(
      'RUN_UNKNOWN',
      `${found.length} of the last ${this.#traces.size} runs have an id that begins with "${id}".`,
    );
  }

  #makeRoom(): void {
    for (const [id, kept] of this.#traces) {
      if (this.#traces.size <= this.bound.runs && this.#size <= this.bound.bytes) return;
      this.#remove(id, kept);
      this.#dropped += 1;
    }
  }

  #remove(id: string, { size }: KeptTrace): void {
    this.#traces.delete(id);
    this.#size -= size;
  }
}
