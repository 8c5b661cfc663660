import type { Clock } from '../../clock/clock.js';
import { boundedValue } from '../bounded-value.js';
import type { RuleRuntime } from '../rule-runtime.js';
import type { TraceBounds } from '../trace-bounds.js';
import type { RunOutcome, RunTrace, StepTrace } from '../trace.js';
import { failureOf } from './failures.js';

type Changeable<Type> = { -readonly [Field in keyof Type]: Type[Field] };

/** What a step takes besides its values, and a run besides its steps. */
const stepSize = 250;

/** Characters of a key or a cause: for a person they are names. */
const nameSize = 200;

interface TraceStart extends Pick<RunTrace, 'id' | 'rule' | 'cause'> {
  /** Of its instance; empty where the rule has no `key`. */
  readonly key: string;
  readonly isResumed: boolean;
}

/**
 * Writes down one run as it goes, within the bounds of traces; what does not fit is counted as left out. Secrets are masked
 * in everything that is kept.
 */
export class TraceRecorder {
  readonly #steps: Changeable<StepTrace>[] = [];
  readonly #trace: Changeable<RunTrace>;
  readonly #clock: Clock;
  readonly #bounds: TraceBounds;
  /** Bytes that are taken from what all runs share. */
  #taken = 0;

  constructor(
    private readonly runtime: Pick<RuleRuntime, 'clock' | 'mask' | 'onTrace' | 'traceBounds'>,
    { id, rule, key, cause, isResumed }: TraceStart,
  ) {
    this.#clock = runtime.clock;
    this.#bounds = runtime.traceBounds;
    // Field by field: each run makes one, and a spread costs more than all else here.
    const trace: Changeable<RunTrace> = {
      id,
      rule,
      cause: this.masked(cause, nameSize) as string,
      startedAt: this.#clock.boottime(),
      steps: this.#steps,
      size: stepSize,
    };
    if (key !== '') trace.key = this.masked(key, nameSize) as string;
    if (isResumed) trace.resumed = true;
    this.#trace = trace;
  }

  /** Shows the trace; what is handed over follows the run from then on. */
  publish(): void {
    this.runtime.onTrace(this.#trace);
  }

  end(outcome: RunOutcome): void {
    this.#trace.outcome = outcome;
    this.#trace.endedAt = this.#clock.boottime();
    this.#bounds.running.giveBack(this.#taken);
    this.#taken = 0;
    this.publish();
  }

  step(path: string, step: string): StepRecorder {
    const trace: Changeable<StepTrace> = { path, step, startedAt: this.#clock.boottime(), outcome: 'running' };
    const isKept = this.#steps.length < this.#bounds.steps && this.#hasRoom(stepSize);
    if (isKept) this.#steps.push(trace);
    else this.#leaveOut('steps');
    return new StepRecorder(trace, this.#clock, (value) => (isKept ? this.#kept(value) : undefined));
  }

  /** What is kept of a value: cut, and with every secret in it blotted out. */
  masked(value: unknown, size = this.#bounds.valueSize): unknown {
    return boundedValue(value, size, this.runtime.mask).value;
  }

  #kept(given: unknown): unknown {
    const { value, size } = boundedValue(given, this.#bounds.valueSize, this.runtime.mask);
    if (this.#hasRoom(size)) return value;
    this.#leaveOut('values');
    return undefined;
  }

  #hasRoom(size: number): boolean {
    if (this.#trace.size + size > this.#bounds.runSize || !this.#take(size)) return false;
    this.#trace.size += size;
    return true;
  }

  /** What comes after the end, such as `finally` or the answer of an action that nobody waits for, is not shared. */
  #take(size: number): boolean {
    if (this.#trace.endedAt !== undefined) return true;
    const hasRoom = this.#bounds.running.take(size);
    if (hasRoom) this.#taken += size;
    return hasRoom;
  }

  #leaveOut(what: keyof NonNullable<RunTrace['leftOut']>): void {
    const { steps = 0, values = 0 } = this.#trace.leftOut ?? {};
    this.#trace.leftOut = { steps, values, [what]: (what === 'steps' ? steps : values) + 1 };
  }
}

/** Writes down one step as it goes. */
export class StepRecorder {
  /** @param kept what is kept of a value; undefined where there is no room */
  constructor(
    private readonly trace: Changeable<StepTrace>,
    private readonly clock: Clock,
    private readonly kept: (value: unknown) => unknown,
  ) {}

  input(value: unknown): void {
    this.trace.input = this.kept(value);
  }

  output(value: unknown): void {
    this.trace.output = this.kept(value);
  }

  end(outcome: StepTrace['outcome']): void {
    this.trace.outcome = outcome;
    this.trace.endedAt = this.clock.boottime();
  }

  fail(error: unknown): void {
    const { code, message } = failureOf(error);
    this.trace.error = { code, message: (this.kept(message) as string | undefined) ?? '' };
    this.end('failed');
  }
}
