import { Duration } from '../clock/duration.js';
import type { LimitModel, RuleModel, StepModel } from '../config/rule-model.js';

/** A limit with the name under which the record keeps its starts. */
export interface NamedLimit {
  readonly name: string;
  readonly limit: LimitModel;
}

/** What a rule can fire: its steps, after `for` where it has one, or one rung of `escalate`. Firings name it by its index. */
export interface Stage {
  readonly after: Duration;
  readonly steps: readonly StepModel[];
  readonly limit?: NamedLimit;
}

export function stagesOf(rule: RuleModel): readonly Stage[] {
  const ruleLimit = rule.limit && { name: 'rule', limit: rule.limit };
  if (rule.rungs.length === 0) {
    const after = rule.trigger.kind === 'level' ? rule.trigger.for : undefined;
    return [{ after: after ?? Duration.zero, steps: rule.steps, ...(ruleLimit && { limit: ruleLimit }) }];
  }
  return rule.rungs.map(({ after, steps, limit }, index) => {
    const named = limit ? { name: `escalate[${index}]`, limit } : ruleLimit;
    return { after, steps, ...(named && { limit: named }) };
  });
}
