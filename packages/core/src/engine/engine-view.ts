import type { Observable } from 'rxjs';
import type { RuleExplanation } from '../rules/rule-explanation.js';
import type { RuleState } from '../rules/rule-status.js';
import type { RunOutcome, RunTrace } from '../rules/trace.js';
import type { IntentRecord } from './boot-safety/intent-record.js';
import type { StatusReport } from './control/status-report.js';
import type { Plain } from './plain-answer.js';

/** What `devicerc status` shows. Points in time are boottime in milliseconds, durations texts such as `10m`. */
export type StatusAnswer = Plain<StatusReport>;

/** What `devicerc why RULE` shows. */
export type WhyAnswer = Plain<{
  /** Boottime in milliseconds at which this was said. */
  readonly now: number;
  readonly explanation: RuleExplanation;
  /** The last five of the rule, the latest last. */
  readonly runs: readonly RunTrace[];
  /** What became of its last five calls that were to take the machine down, the latest last. */
  readonly intents: readonly IntentRecord[];
}>;

/** A run of the list, where the steps are counted only. */
export type ListedRun = Plain<Omit<RunTrace, 'steps'> & { readonly steps: number }>;

/** What `devicerc trace` shows. */
export interface TracesAnswer {
  readonly now: number;
  /** The latest last. */
  readonly runs: readonly ListedRun[];
  /** Runs that made room for these. */
  readonly dropped: number;
}

/** What `devicerc trace RUN` shows. */
export type TraceAnswer = Plain<{
  readonly now: number;
  readonly run: RunTrace;
  /** What became of the calls by which the run was to take the machine down. */
  readonly intents: readonly IntentRecord[];
}>;

/** One thing that changed; how it is now, the answers of {@link EngineView} tell. */
export type EngineChange =
  /** It started or stopped, took over a file, or left safe mode. */
  | { readonly kind: 'engine' }
  | { readonly kind: 'rule'; readonly rule: string; readonly key?: string; readonly state: RuleState }
  /** A run began; with its outcome, it came to its end. */
  | { readonly kind: 'run'; readonly run: string; readonly rule: string; readonly outcome?: RunOutcome }
  /** A reading changed, or an event came that concerns somebody; named such as `systemd.unit(chronyd.service)`. */
  | { readonly kind: 'stream'; readonly stream: string }
  /** More changed than is listed: anything may have. */
  | { readonly kind: 'more' };

/**
 * What the running engine tells about itself, for pages and the like; plugins get it by constructor injection. It changes
 * nothing. Answers are plain data: copies as JSON has them, bounded, with secrets masked, the same as the control socket gives.
 */
export abstract class EngineView {
  /** How the engine, its rules and its streams stand. */
  abstract status(): StatusAnswer;

  /**
   * Why a rule runs or does not run.
   * @throws DeviceError `RULE_UNKNOWN`; `ENGINE_NOT_READY` while plugins start
   */
  abstract why(rule: string): WhyAnswer;

  /** The last runs of all rules. */
  abstract traces(): TracesAnswer;

  /**
   * One run, step by step.
   * @param run the id of a run, or its beginning
   * @throws DeviceError `RUN_UNKNOWN`
   */
  abstract trace(run: string): TraceAnswer;

  /**
   * What changed, collected for 250 ms: each thing once, in the order of its first change, at most 1,000 of them, then `more`.
   * Times and counters go on without a change. Nothing is collected while nobody subscribes. It never errors, and completes
   * when the plugins end. Subscribers are called one after the other and should be quick: what takes long holds up the
   * rules. What one of them throws reaches neither the engine nor another.
   */
  abstract readonly changes: Observable<readonly EngineChange[]>;
}
