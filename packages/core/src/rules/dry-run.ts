import type { RuleModel } from '../config/rule-model.js';
import type { ConditionExplanation } from './condition-explanation.js';
import type { Refused } from './rule-explanation.js';
import type { Refusal, RunTrace } from './trace.js';

/** What a rule would do now: it was decided and its inputs were rendered, but nothing was called, counted or kept. */
export interface DryRun {
  readonly rule: string;
  readonly kind: RuleModel['trigger']['kind'];
  /** Whether its `if`, mode and limits would let it run; that its trigger comes true is taken for granted. */
  readonly wouldRun: boolean;
  readonly refusal?: Pick<Refusal, 'reason' | 'detail'>;
  /** Why the first of its steps that reboots or shuts down would be refused at this moment. */
  readonly refused?: Refused;
  readonly condition?: ConditionExplanation;
  readonly if?: ConditionExplanation;
  /** Which event the expressions read: the one that was given, the last one that the rule saw, or null. */
  readonly event?: 'given' | 'last' | 'none';
  /** The run with the inputs of its steps; waits do not wait, and of a `repeat` only the first round is shown. */
  readonly trace: RunTrace;
}
