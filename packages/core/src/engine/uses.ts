import type { DeviceModel, PatternModel, RuleModel, StepModel } from '../config/rule-model.js';
import { fieldsReadBy } from '../rules/rule-names.js';
import { type FieldPath, FieldSet } from '../schemas/field-set.js';
import { canonicalKey } from '../streams/canonical-key.js';

interface StreamUse {
  readonly stream: string;
  readonly action?: undefined;
  readonly parameters: unknown;
}

/** A state stream, by the name that expressions use, with the fields of it that they read. */
export interface StateUse extends StreamUse {
  readonly name: string;
  readonly fields: FieldSet;
}

/** What the rules of a file use of its plugins. */
export type Use =
  StreamUse | StateUse | { readonly stream?: undefined; readonly action: string; readonly parameters?: undefined };

/** The streams and actions that the rules use, each once: streams once for each set of parameters. */
export function usesOf(model: DeviceModel): readonly Use[] {
  const { rules } = model;
  const events = rules.flatMap((rule) => [
    ...(rule.trigger.kind === 'event' ? rule.trigger.patterns : []).flatMap(streamsOfPattern),
    ...rule.until.flatMap(streamsOfPattern),
  ]);
  const actions = rules.flatMap(actionsOf).map((action) => ({ action }));
  const uses: Use[] = [...statesOf(model), ...events, ...actions];
  return [...new Map(uses.map((use) => [canonicalKey({ ...use, fields: undefined }), use])).values()];
}

function statesOf({ rules, states }: DeviceModel): StateUse[] {
  const read = new Map<string, FieldPath[]>();
  for (const [name, { paths }] of rules.flatMap((rule) => [...fieldsReadBy(rule)])) {
    read.set(name, [...(read.get(name) ?? []), ...paths]);
  }
  return [...read].flatMap(([name, paths]) => {
    const reference = states.get(name);
    return reference ? [{ ...reference, name, fields: new FieldSet(paths) }] : [];
  });
}

function streamsOfPattern(pattern: PatternModel): StreamUse[] {
  if (pattern.kind !== 'event') return [pattern.of].flat().flatMap(streamsOfPattern);
  const { stream, parameters } = pattern.selector;
  return [{ stream, parameters }];
}

function actionsOf(rule: RuleModel): string[] {
  const held = rule.trigger.kind === 'hold' && rule.trigger.hold ? [rule.trigger.hold.action] : [];
  const steps = [...rule.steps, ...rule.rungs.flatMap((rung) => rung.steps), ...rule.catch, ...rule.finally];
  return [...held, ...steps.flatMap(actionsOfStep)];
}

function actionsOfStep(step: StepModel): string[] {
  switch (step.kind) {
    case 'do':
      return [step.call.action];
    case 'choose':
      return [...step.branches.flatMap((branch) => branch.steps), ...step.otherwise].flatMap(actionsOfStep);
    case 'parallel':
      return step.branches.flat().flatMap(actionsOfStep);
    case 'repeat':
      return step.steps.flatMap(actionsOfStep);
    default:
      return [];
  }
}
