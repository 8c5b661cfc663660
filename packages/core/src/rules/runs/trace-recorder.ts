import type { Clock } from '../../clock/clock.js';
import { failureOf } from './failures.js';
import type { RunOutcome, RunTrace, StepTrace } from '../trace.js';

type Changeable<Type> = { -readonly [Field in keyof Type]: Type[Field] };

/** Steps that one trace keeps; a long repeat leaves out the rest. */
const maximumSteps = 500;

/** Writes down one run as it goes. Secrets are masked in everything that is kept. */
export class TraceRecorder {
  readonly #steps: Changeable<StepTrace>[] = [];
  readonly #trace: Changeable<RunTrace>;

  constructor(
    private readonly clock: Clock,
    start: Pick<RunTrace, 'id' | 'rule' | 'key' | 'cause' | 'resumed'>,
    private readonly mask: (text: string) => string,
    private readonly onTrace: (trace: RunTrace) => void,
  ) {
    this.#trace = { startedAt: clock.boottime(), steps: this.#steps, ...start };
  }

  /** Shows the trace; what is handed over follows the run from then on. */
  publish(): void {
    this.onTrace(this.#trace);
  }

  end(outcome: RunOutcome): void {
    this.#trace.outcome = outcome;
    this.#trace.endedAt = this.clock.boottime();
    this.publish();
  }

  step(path: string, step: string): StepRecorder {
    const trace: Changeable<StepTrace> = { path, step, startedAt: this.clock.boottime(), outcome: 'running' };
    if (this.#steps.length < maximumSteps) this.#steps.push(trace);
    const end = (outcome: StepTrace['outcome']): void => {
      trace.outcome = outcome;
      trace.endedAt = this.clock.boottime();
    };
    return {
      input: (value) => (trace.input = this.masked(value)),
      output: (value) => (trace.output = this.masked(value)),
      end,
      fail: (error) => {
        const { code, message } = failureOf(error);
        trace.error = { code, message: this.masked(message) as string };
        end('failed');
      },
    };
  }

  /** The value with every secret in it blotted out. */
  masked(value: unknown): unknown {
    if (typeof value === 'string') return this.mask(value);
    if (Array.isArray(value)) return value.map((element) => this.masked(element));
    if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, this.masked(field)]));
  }
}

export interface StepRecorder {
  input(value: unknown): void;
  output(value: unknown): void;
  end(outcome: StepTrace['outcome']): void;
  fail(error: unknown): void;
}
