import type { RuleModel, StepModel } from '../config/rule-model.js';
import type { Reads } from '../expressions/expression.js';
import { type FieldPath, FieldSet } from '../schemas/field-set.js';
import { conditionsOf } from './patterns/pattern.js';

/** All that the expressions of a rule read, by its root name: of these, the state streams are opened with the rule. */
export function fieldsReadBy(rule: RuleModel): ReadonlyMap<string, FieldSet> {
  const paths = new Map<string, FieldPath[]>();
  for (const [name, ...path] of readersOf(rule).flatMap((reader) => reader?.reads ?? [])) {
    const known = paths.get(name!) ?? [];
    known.push(path);
    paths.set(name!, known);
  }
  return new Map([...paths].map(([name, read]) => [name, new FieldSet(read)]));
}

function readersOf(rule: RuleModel): readonly (Reads | undefined)[] {
  const { trigger } = rule;
  const readers: (Reads | undefined)[] = [rule.condition, rule.key, ...rule.until.flatMap(conditionsOf)];
  if (trigger.kind === 'event') readers.push(...trigger.patterns.flatMap(conditionsOf));
  else readers.push(trigger.condition);
  if (trigger.kind === 'level') readers.push(trigger.clear);
  if (trigger.kind === 'hold') readers.push(trigger.hold?.input);
  const steps = [rule.steps, ...rule.rungs.map((rung) => rung.steps), rule.catch, rule.finally].flat();
  return [...readers, ...steps.flatMap(readersOfStep)];
}

function readersOfStep(step: StepModel): (Reads | undefined)[] {
  return [step.if, ...readersOfKind(step)];
}

function readersOfKind(step: StepModel): (Reads | undefined)[] {
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
