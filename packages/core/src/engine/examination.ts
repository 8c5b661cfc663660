import type { DeviceModel, PatternModel, RuleModel, StepModel } from '../config/rule-model.js';
import type { PowerControlDescription } from '../actions/power-control.js';
import { coreErrorTable } from '../diagnostics/core-errors.js';
import { describeError } from '../diagnostics/user-message.js';
import type { HostEnvironment } from '../host/host-environment.js';
import type { Requirement } from '../host/requirement.js';
import type { Registry } from '../plugins/registry.js';

/** One requirement of the container, probed. */
export interface Finding {
  readonly name: string;
  readonly summary: string;
  readonly met: boolean;
  readonly detail: string;
  /** Lines of docker-compose.yml that give it. */
  readonly compose: string;
  /** The streams and actions that ask for it. */
  readonly neededBy: readonly string[];
}

/** Probes what the streams and actions that the rules use need of their container; each requirement once. */
export async function examine(model: DeviceModel, registry: Registry, host: HostEnvironment): Promise<Finding[]> {
  const required = new Map<string, { requirement: Requirement; neededBy: string[] }>();
  const names = [...streamsOf(model), ...model.rules.flatMap(actionsOf)];
  for (const name of new Set(names)) {
    for (const requirement of requirementsOf(name, registry)) {
      const entry = required.get(requirement.name) ?? { requirement, neededBy: [] };
      required.set(requirement.name, entry);
      entry.neededBy.push(name);
    }
  }
  return Promise.all([...required.values()].map(({ requirement, neededBy }) => probe(requirement, neededBy, host)));
}

/** What the stream or action needs, and those that carry it out. */
function requirementsOf(name: string, registry: Registry): readonly Requirement[] {
  const description = (registry.streams.get(name) ?? registry.actions.get(name))?.description;
  if (!description) return [];
  const { requires = [] } = description;
  const carriedOutBy = 'carriedOutBy' in description ? description.carriedOutBy : undefined;
  if (carriedOutBy === undefined) return requires;
  const controls = [...registry[carriedOutBy].values()].map((control) => control.description);
  const required = [...requires, powerControlInUse(controls), ...controls.flatMap((control) => control.requires ?? [])];
  return [...new Set(required)];
}

/** Nothing of the container, but of the file: it names no compose lines. */
function powerControlInUse(controls: readonly PowerControlDescription[]): Requirement {
  const names = controls.toSorted((one, other) => one.rank - other.rank).map(({ name }) => name);
  return {
    name: 'power-control',
    summary: 'A plugin in use can reboot the machine and shut it down.',
    compose: '',
    probe: async () =>
      names.length > 0
        ? { met: true, detail: `In the order in which they are asked: ${names.join(', ')}` }
        : { met: false, detail: coreErrorTable.POWER_CONTROL_MISSING.remedy },
  };
}

async function probe(
  { name, summary, compose, probe }: Requirement,
  neededBy: readonly string[],
  host: HostEnvironment,
): Promise<Finding> {
  try {
    return { name, summary, compose, neededBy, ...(await probe(host)) };
  } catch (error) {
    return {
      name,
      summary,
      compose,
      neededBy,
      met: false,
      detail: `Could not be probed: ${describeError(error).message}`,
    };
  }
}

function streamsOf({ rules, states }: DeviceModel): string[] {
  return rules.flatMap((rule) => [
    ...[...namesReadBy(rule)].flatMap((name) => states.get(name)?.stream ?? []),
    ...(rule.trigger.kind === 'event' ? rule.trigger.patterns : []).flatMap(streamsOfPattern),
    ...rule.until.flatMap(streamsOfPattern),
  ]);
}

function streamsOfPattern(pattern: PatternModel): string[] {
  return pattern.kind === 'event' ? [pattern.selector.stream] : [pattern.of].flat().flatMap(streamsOfPattern);
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

/** Every name that an expression anywhere in the rule reads. */
function namesReadBy(part: unknown, names = new Set<string>()): Set<string> {
  if (typeof part !== 'object' || part === null) return names;
  if ('dependencies' in part && part.dependencies instanceof Set) {
    for (const name of part.dependencies) names.add(String(name));
    return names;
  }
  for (const child of Object.values(part)) namesReadBy(child, names);
  return names;
}
