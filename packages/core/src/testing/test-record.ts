import type { RunTrace } from '../rules/trace.js';
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

/** What happened in one test, as its judge, its time line and the coverage see it. */
export class TestRecord {
  readonly happenings: Happening[] = [];
  readonly calls: ActionCallRecord[] = [];
  /** Rules of which an `until` event ended something. */
  readonly endedByUntil = new Set<string>();
  readonly #traces = new Map<string, RunTrace>();
  #isClosed = false;

  /** @param now the time of the test */
  constructor(private readonly now: () => TestTime) {}

  /** Each run as it was known last. */
  get traces(): Iterable<RunTrace> {
    return this.#traces.values();
  }

  add(kind: Happening['kind'], text: string): void {
    if (!this.#isClosed) this.happenings.push({ at: this.now(), kind, text });
  }

  addCall(call: Omit<ActionCallRecord, 'at'>): void {
    if (this.#isClosed) return;
    this.calls.push({ at: this.now(), ...call });
    this.add('call', `${call.action} ${wordsOf(call.input)}`.trim());
  }

  /** @param bootedAt where boottime 0, which traces count from, lies in the time of the test */
  addTrace(trace: RunTrace, bootedAt: TestTime): void {
    const known = this.#traces.get(trace.id);
    if (!known && this.#isClosed) return;
    if (!known) this.add('run', `${trace.rule} runs: ${trace.cause}`);
    else if (trace.outcome && trace.outcome !== known.outcome) this.add('run', `${trace.rule} ${trace.outcome}`);
    // The trace goes on to follow its run; what is known of it is what was told.
    this.#traces.set(trace.id, { ...trace, steps: [...trace.steps] });
    if (trace.outcome) this.#addEmissions(trace, known?.outcome ? known.steps.length : 0, bootedAt);
  }

  addLog({ level, message, fields }: HeardLine): void {
    if (fields['ended'] === 'until' && !this.#isClosed) this.endedByUntil.add(String(fields['rule']));
    const isOfRule = fields['action'] === 'log';
    if ((level === 'warn' || level === 'error') && !isOfRule) this.add('log', message);
  }

  /** A step of the kind `emit` does what the action does, so it counts as a call of it. */
  #addEmissions({ id, rule, steps }: RunTrace, from: number, bootedAt: TestTime): void {
    if (this.#isClosed) return;
    for (const { step, path, input, outcome, startedAt } of steps.slice(from)) {
      if (step !== 'emit' || outcome !== 'succeeded') continue;
      const call = { action: 'emit', rule, run: id, attempt: 1, idempotencyKey: `${id} ${path}`, input };
      this.calls.push({ at: bootedAt + startedAt, ...call });
    }
  }

  /** What comes after the end of a test is none of it. */
  close(): void {
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
