import type { RuleModel, StepModel } from '../config/rule-model.js';
import { conditionsOf } from './patterns/pattern.js';

interface Reader {
  readonly dependencies: ReadonlySet<string>;
}

/** All root names that the expressions of a rule read: of these, the state streams are opened with the rule. */
export function namesReadBy(rule: RuleModel): ReadonlySet<string> {
  const { trigger } = rule;
  const readers: (Reader | undefined)[] = [rule.condition, rule.key, ...rule.until.flatMap(conditionsOf)];
  if (trigger.kind === 'event') readers.push(...trigger.patterns.flatMap(conditionsOf));
  else readers.push(trigger.condition);
  if (trigger.kind === 'level') readers.push(trigger.clear);
  if (trigger.kind === 'hold') readers.push(trigger.hold?.input);
  const steps = [rule.steps, ...rule.rungs.map((rung) => rung.steps), rule.catch, rule.finally].flat();
  readers.push(...steps.flatMap(readersOfStep));
  return new Set(readers.flatMap((reader) => [...(reader?.dependencies ?? [])]));
}

function readersOfStep(step: StepModel): (Reader | undefined)[] {
  return [step.if, ...readersOfKind(step)];
}

function readersOfKind(step: StepModel): (Reader | undefined)[] {
  switch (step.kind) {
    case 'do':
      return [step.call.input];
    case 'choose':
      return [
        ...step.branches.flatMap((branch) => [branch.if, ...branch.steps.flatMap(readersOfStep)]),
        ...step.otherwise.flatMap(readersOfStep),
      ];
    case 'parallel':
      return step.branches.flat().flatMap(readersOfStep);
    case 'repeat':
      return [step.times, step.while, step.until, ...step.steps.flatMap(readersOfStep)];
    case 'wait':
      return [step.for, step.until];
    case 'stop':
      return [step.reason];
    case 'emit':
      return [step.event, step.data];
  }
}
