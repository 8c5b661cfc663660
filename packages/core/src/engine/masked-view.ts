import { type Observable, Subject, takeUntil } from 'rxjs';
import type { Clock } from '../clock/clock.js';
import type { RuleExplanation } from '../rules/rule-explanation.js';
import type { RunTrace } from '../rules/trace.js';
import type { IntentRecord } from './boot-safety/intent-record.js';
import { statusReport } from './control/status-report.js';
import type { EngineStatus } from './engine-status.js';
import {
  type EngineChange,
  EngineView,
  type StatusAnswer,
  type TraceAnswer,
  type TracesAnswer,
  type WhyAnswer,
} from './engine-view.js';
import { type Plain, plainAnswer } from './plain-answer.js';
import type { SecretMask } from './secret-mask.js';

/** How many runs and intents of a rule are shown. */
const lastOfRule = 5;

/** What of an engine is shown. */
export interface ShownEngine {
  status(): EngineStatus;
  explain(rule: string): RuleExplanation;
  traces(wanted?: { readonly rule?: string; readonly last?: number }): readonly RunTrace[];
  trace(id: string): RunTrace;
  readonly tracesDropped: number;
  intents(): readonly IntentRecord[];
}

/** The view of an engine that lasts until it is closed. */
export class MaskedView extends EngineView {
  readonly #closed = new Subject<void>();
  override readonly changes: Observable<readonly EngineChange[]>;

  constructor(
    private readonly engine: ShownEngine,
    private readonly clock: Clock,
    private readonly mask: SecretMask,
    private readonly source: Observable<readonly EngineChange[]>,
  ) {
    super();
    this.changes = source.pipe(takeUntil(this.#closed));
  }

  override status(): StatusAnswer {
    return this.#plain(statusReport(this.engine.status(), this.mask));
  }

  override why(rule: string): WhyAnswer {
    const { engine } = this;
    return this.#plain({
      now: this.clock.boottime(),
      explanation: engine.explain(rule),
      runs: engine.traces({ rule, last: lastOfRule }),
      intents: engine
        .intents()
        .filter((intent) => intent.rule === rule)
        .slice(-lastOfRule),
    });
  }

  override traces(): TracesAnswer {
    const runs = this.engine.traces().map(({ steps, ...run }) => ({ ...run, steps: steps.length }));
    return this.#plain({ now: this.clock.boottime(), runs, dropped: this.engine.tracesDropped });
  }

  override trace(id: string): TraceAnswer {
    const run = this.engine.trace(id);
    return this.#plain({
      now: this.clock.boottime(),
      run,
      intents: this.engine.intents().filter((intent) => intent.run === run.id),
    });
  }

  /** Another view of the same engine, for those who may not last as long. */
  lend(): MaskedView {
    return new MaskedView(this.engine, this.clock, this.mask, this.source);
  }

  /** `changes` completes. */
  close(): void {
    this.#closed.next();
    this.#closed.complete();
  }

  #plain<Type>(answer: Type): Plain<Type> {
    return plainAnswer(answer, this.mask);
  }
}
