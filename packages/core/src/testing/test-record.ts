import type { RunOutcome, RunTrace, StepTrace } from '../rules/trace.js';
import type { HeardLine } from './test-logger.js';

/** Milliseconds since the start of the test, time without power included. */
export type TestTime = number;

/** One call of an action; each attempt of a `retry` is one. */
export interface ActionCallRecord {
  readonly at: TestTime;
  readonly action: string;
  readonly rule: string;
  readonly run: string;
  readonly attempt: number;
  readonly idempotencyKey: string;
  /** As the action gets it: checked and completed by its schema. */
  readonly input: unknown;
}

/** Something for the time line, in words. */
export interface Happening {
  readonly at: TestTime;
  readonly kind: 'device' | 'change' | 'call' | 'run' | 'state' | 'log';
  readonly text: string;
}

/** A run from its start, or from where it went on, until it is parked or over. Its trace goes on to follow it. */
interface FollowedRun {
  readonly trace: RunTrace;
  /** Where boottime 0, which traces count from, lies in the time of the test. */
  readonly bootedAt: TestTime;
  /** As it was told last. */
  outcome: RunOutcome | undefined;
  /** The steps that count as calls, and were counted. */
  readonly counted: Set<StepTrace>;
}

/** What happened in one test, as its judge, its time line and the coverage see it. */
export class TestRecord {
  readonly happenings: Happening[] = [];
  readonly calls: ActionCallRecord[] = [];
  /** Rules of which an `until` event ended something. */
  readonly endedByUntil = new Set<string>();
  readonly #runs = new Map<string, FollowedRun>();
  readonly #past: RunTrace[] = [];
  #isClosed = false;

  /** @param now the time of the test */
  constructor(private readonly now: () => TestTime) {}

  /** The runs of all engines that have ended, as they were then; one that was parked and went on is here for each part. */
  get traces(): readonly RunTrace[] {
    return this.#past;
  }

  add(kind: Happening['kind'], text: string): void {
    if (!this.#isClosed) this.happenings.push({ at: this.now(), kind, text });
  }

  addCall(call: Omit<ActionCallRecord, 'at'>): void {
    if (this.#isClosed) return;
    this.#countEmissions(this.#runs.get(call.run));
    this.calls.push({ at: this.now(), ...call });
    this.add('call', `${call.action} ${wordsOf(call.input)}`.trim());
  }

  /** @param bootedAt where boottime 0, which traces count from, lies in the time of the test */
  addTrace(trace: RunTrace, bootedAt: TestTime): void {
    if (this.#isClosed) return;
    const known = this.#runs.get(trace.id);
    const run = known?.trace === trace ? known : this.#follow(trace, bootedAt);
    if (trace.outcome && trace.outcome !== run.outcome) this.add('run', `${trace.rule} ${trace.outcome}`);
    run.outcome = trace.outcome;
    this.#countEmissions(run);
  }

  #follow(trace: RunTrace, bootedAt: TestTime): FollowedRun {
    const run = { trace, bootedAt, outcome: undefined, counted: new Set<StepTrace>() };
    this.#leave(this.#runs.get(trace.id));
    this.#runs.set(trace.id, run);
    if (!trace.resumed) this.add('run', `${trace.rule} runs: ${trace.cause}`);
    return run;
  }

  /** What the runs of an engine did when it ended is all that they did under it. */
  endRuns(): void {
    for (const run of this.#runs.values()) this.#leave(run);
    this.#runs.clear();
  }

  #leave(run: FollowedRun | undefined): void {
    if (!run) return;
    this.#countEmissions(run);
    this.#past.push({ ...run.trace, steps: run.trace.steps.map((step) => ({ ...step })) });
  }

  addLog({ level, message, fields }: HeardLine): void {
    if (fields['ended'] === 'until' && !this.#isClosed) this.endedByUntil.add(String(fields['rule']));
    const isOfRule = fields['action'] === 'log';
    if ((level === 'warn' || level === 'error') && !isOfRule) this.add('log', message);
  }

  /** A step of the kind `emit` does what the action does, so it counts as a call of it. */
  #countEmissions(run: FollowedRun | undefined): void {
    if (!run) return;
    const { trace, bootedAt, counted } = run;
    const { id, rule } = trace;
    for (const step of trace.steps) {
      if (step.step !== 'emit' || step.outcome !== 'succeeded' || counted.has(step)) continue;
      counted.add(step);
      const { path, input, startedAt } = step;
      const call = { action: 'emit', rule, run: id, attempt: 1, idempotencyKey: `${id} ${path}`, input };
      this.calls.push({ at: bootedAt + startedAt, ...call });
    }
  }

  /** What comes after the end of a test is none of it. */
  close(): void {
    this.endRuns();
    this.#isClosed = true;
  }
}

const longestWords = 200;

/** A value as a person would write it into the file, on one line. */
export function wordsOf(value: unknown): string {
  if (value === undefined) return '';
  const text = JSON.stringify(value, (_name, part: unknown) => (part instanceof Uint8Array ? '(bytes)' : part));
  const plain = text
    .replace(/"([A-Za-z_][\w-]*)":/g, '$1: ')
    .replaceAll(',', ', ')
    .replace(/^\{(.+)\}$/, '{ $1 }');
  return plain === '{}' ? '' : plain.length > longestWords ? `${plain.slice(0, longestWords)}…` : plain;
}
