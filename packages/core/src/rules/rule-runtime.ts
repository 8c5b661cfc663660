import type { ActionRunner } from '../actions/action-runner.js';
import type { ProgramFate } from '../programs/leftover-programs.js';
import type { Clock } from '../clock/clock.js';
import type { StreamReference, StreamHub } from '../streams/stream-hub.js';
import type { Logger } from '../diagnostics/logger.js';
import type { ExpressionCompiler } from '../expressions/expression.js';
import type { Ledger } from '../ledger/ledger.js';
import type { DisruptionGuard } from './disruption-guard.js';
import type { RuleMemory } from './rule-memory.js';
import type { RuleTransition } from './rule-standing.js';
import type { TraceBounds } from './trace-bounds.js';
import type { Refusal, RunTrace } from './trace.js';

/** What a running rule stands on. Everything it touches comes through here, so that a test can give it a virtual world. */
export interface RuleRuntime {
  readonly clock: Clock;
  readonly streams: StreamHub;
  readonly states: ReadonlyMap<string, StreamReference>;
  readonly actions: ActionRunner;
  readonly ledger: Ledger;
  /**
   * Device time in milliseconds up to which the rules are known to have been watched over before these began: by a former
   * engine, or by this one before it changed its plugins. Undefined when nobody did in this boot of the machine.
   */
  readonly watchedUntil: number | undefined;
  readonly disruptions: DisruptionGuard;
  /** What became of the program of a call that the end of a former engine cut off; undefined when it is not known to have had one. */
  readonly fateOf: (idempotencyKey: string) => ProgramFate | undefined;
  readonly expressions: ExpressionCompiler;
  readonly log: Logger;
  readonly secrets: Readonly<Record<string, string>>;
  /** Takes every secret out of a text, those of the environment too. */
  readonly mask: (text: string) => string;
  /** Uniform in [0, 1); injected so that jitter can be repeated in a test. */
  readonly random: () => number;
  /** Called when a run begins and when it ends, with its trace, which goes on to follow the run. */
  readonly onTrace: (trace: RunTrace) => void;
  readonly traceBounds: TraceBounds;
  readonly memory: RuleMemory;
  readonly onRefusal: (refusal: Refusal) => void;
  /** A rule came to stand otherwise, or a run of it has ended. It must be quick. */
  readonly onTransition: (transition: RuleTransition) => void;
  /** The step kind `emit`, read back by the stream `custom`. */
  readonly emit: (event: string, data: unknown) => void;
}
