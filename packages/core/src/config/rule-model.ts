import type { RetryPolicy } from '../actions/action-runner.js';
import type { Duration } from '../clock/duration.js';
import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { Expression, Template } from '../expressions/expression.js';
import type { EventSelector, StreamReference } from '../streams/stream-hub.js';
import type { TestModel } from './test-model.js';

/** A file that was found good: everything is compiled, checked and typed. */
export interface DeviceModel {
  /** Every file that was read, the main one first: what a file watch has to look at. */
  readonly files: readonly string[];
  /** The state streams that expressions may name: those of `streams:` and those without required parameters. */
  readonly states: ReadonlyMap<string, StreamReference>;
  readonly rules: readonly RuleModel[];
  readonly tests: readonly TestModel[];
  /** Parsed `secrets.*`: values to be masked wherever text leaves the process. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly bootSafety: BootSafetyModel;
}

/** What keeps a device from rebooting for ever. */
export interface BootSafetyModel {
  /**
   * Whether actions that reboot or shut down may be done when no record of them can be made. Default refuse; with allow
   * they are still refused until the machine is up for 10 minutes.
   */
  readonly withoutRecord: 'refuse' | 'allow';
}

export type RunMode = 'single' | 'restart' | 'queued' | 'parallel';

export interface RuleModel {
  readonly name: string;
  readonly range: SourceRange;
  /**
   * Hash of the normalised rule with the streams it names: editing a comment, the description or another rule leaves it
   * as it is. State is kept under it.
   */
  readonly meaning: string;
  readonly description?: string;
  readonly enabled: boolean;
  /** Decide and trace, do not act. */
  readonly shadow: boolean;
  readonly trigger: EventTrigger | LevelTrigger | HoldTrigger;
  readonly condition?: Expression;
  readonly key?: Expression;
  readonly mode: RunMode;
  readonly max: number;
  readonly limit?: LimitModel;
  readonly timeout?: Duration;
  readonly steps: readonly StepModel[];
  /** Empty unless the rule has `escalate`. */
  readonly rungs: readonly RungModel[];
  readonly until: readonly PatternModel[];
  readonly catch: readonly StepModel[];
  readonly finally: readonly StepModel[];
}

/** `on`: an edge. */
export interface EventTrigger {
  readonly kind: 'event';
  readonly patterns: readonly PatternModel[];
}

/** `when`: a level. */
export interface LevelTrigger {
  readonly kind: 'level';
  readonly condition: Expression;
  /** How long the condition has to hold. */
  readonly for?: Duration;
  readonly clear?: Expression;
  readonly atStart: 'fire' | 'wait-for-change';
  readonly onGap?: 'resume' | 'restart' | 'fire';
  readonly resetAfter?: Duration;
}

/** `while`: an action's effect is held as long as the condition is true. */
export interface HoldTrigger {
  readonly kind: 'hold';
  readonly condition: Expression;
  readonly hold?: ActionModel;
}

/** Sliding window and distance in device time; per key where the rule has one. */
export interface LimitModel {
  readonly runs?: number;
  readonly per?: Duration;
  readonly cooldown?: Duration;
  readonly then: 'skip' | 'notify' | 'disable';
  /** Whether the engine supplied it because a step can reboot or shut down. */
  readonly isDefault: boolean;
}

export interface RungModel {
  readonly after: Duration;
  readonly limit?: LimitModel;
  readonly steps: readonly StepModel[];
  readonly range: SourceRange;
}

/** What may stand in one entry of `on` or `until`. */
export type PatternModel =
  | EventPattern
  | { readonly kind: 'count'; readonly of: PatternModel; readonly n: number; readonly within: Duration }
  | { readonly kind: 'all'; readonly of: readonly PatternModel[]; readonly within: Duration }
  | { readonly kind: 'sequence'; readonly of: readonly PatternModel[]; readonly within: Duration }
  | { readonly kind: 'absence'; readonly of: PatternModel; readonly within: Duration };

export interface EventPattern {
  readonly kind: 'event';
  readonly selector: EventSelector;
  readonly where?: Expression;
  readonly debounce?: Duration;
  readonly throttle?: Duration;
}

export interface ActionModel {
  readonly action: string;
  readonly input: Template;
}

interface StepBase {
  /** Place within the rule, for traces: `then[0]`, `catch[1].parallel[0][2]`. */
  readonly path: string;
  readonly range: SourceRange;
  readonly if?: Expression;
  readonly timeout?: Duration;
  readonly onError: 'fail' | 'continue';
}

export type StepModel = StepBase &
  (
    | { readonly kind: 'do'; readonly call: ActionModel; readonly as?: string; readonly retry?: RetryPolicy }
    | { readonly kind: 'choose'; readonly branches: readonly Branch[]; readonly otherwise: readonly StepModel[] }
    | { readonly kind: 'parallel'; readonly branches: readonly (readonly StepModel[])[] }
    | {
        readonly kind: 'repeat';
        readonly steps: readonly StepModel[];
        readonly times?: Template;
        readonly while?: Expression;
        readonly until?: Expression;
        /** Upper bound of rounds. */
        readonly max: number;
      }
    | {
        readonly kind: 'wait';
        readonly for?: Template;
        readonly until?: Expression;
      }
    | { readonly kind: 'stop'; readonly reason: Template; readonly failed: boolean }
    | { readonly kind: 'emit'; readonly event: Template; readonly data: Template }
  );

export interface Branch {
  readonly if: Expression;
  readonly steps: readonly StepModel[];
}
