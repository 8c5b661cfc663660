import type { DeviceModel, RuleModel, StepModel } from '../config/rule-model.js';
import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { PlayedTest } from './play-test.js';

/** A way that a rule can take. */
export interface CoveredBranch {
  readonly rule: string;
  /** In the words of the file: `then[0].choose[1]`, `escalate[2]`, `catch`, `until`. */
  readonly branch: string;
  readonly range: SourceRange;
  readonly isTaken: boolean;
}

export interface CoveredRule {
  readonly rule: string;
  readonly range: SourceRange;
  /** Whether a test made it run. */
  readonly isFired: boolean;
}

export interface Coverage {
  readonly rules: readonly CoveredRule[];
  readonly branches: readonly CoveredBranch[];
}

/** Which rules ran in these tests, and which of their ways were taken. A rule that is switched off is left out. */
export function coverageOf(model: DeviceModel, played: readonly PlayedTest[]): Coverage {
  const traces = played.flatMap(({ record }) => record.traces);
  const ended = new Set(played.flatMap(({ record }) => [...record.endedByUntil]));
  const rules = model.rules.filter(({ enabled }) => enabled);
  return {
    rules: rules.map(({ name, range }) => ({
      rule: name,
      range,
      isFired: traces.some(({ rule }) => rule === name),
    })),
    branches: rules.flatMap((rule) => {
      const steps = traces.filter((trace) => trace.rule === rule.name).flatMap((trace) => trace.steps);
      const seen = new Set(steps.map(({ path }) => path));
      return branchesOf(rule).map(({ branch, range, first }) => ({
        rule: rule.name,
        branch,
        range,
        isTaken: first === undefined ? ended.has(rule.name) : seen.has(first),
      }));
    }),
  };
}

/** What was covered in one of several runs of the same rules. */
export function mergeCoverage(coverages: readonly Coverage[]): Coverage {
  const rules = new Map<string, CoveredRule>();
  const branches = new Map<string, CoveredBranch>();
  for (const rule of coverages.flatMap((coverage) => coverage.rules)) {
    const key = placeKey(rule.range, rule.rule);
    rules.set(key, { ...rule, isFired: rule.isFired || rules.get(key)?.isFired === true });
  }
  for (const branch of coverages.flatMap((coverage) => coverage.branches)) {
    const key = placeKey(branch.range, `${branch.rule} ${branch.branch}`);
    branches.set(key, { ...branch, isTaken: branch.isTaken || branches.get(key)?.isTaken === true });
  }
  return { rules: [...rules.values()], branches: [...branches.values()] };
}

interface Branch {
  readonly branch: string;
  readonly range: SourceRange;
  /** Path of its first step; undefined for `until`, which has none. */
  readonly first?: string;
}

function branchesOf({ steps, rungs, until, range, ...rule }: RuleModel): Branch[] {
  const [caught] = rule.catch;
  return [
    ...branchesOfSteps(steps),
    ...rungs.flatMap((rung, index) => [
      ...branchTo(`escalate[${index}]`, rung.steps, rung.range),
      ...branchesOfSteps(rung.steps),
    ]),
    ...(caught ? [{ branch: 'catch', range: caught.range, first: caught.path }] : []),
    ...branchesOfSteps(rule.catch),
    ...branchesOfSteps(rule.finally),
    ...(until.length > 0 ? [{ branch: 'until', range }] : []),
  ];
}

function branchesOfSteps(steps: readonly StepModel[]): Branch[] {
  return steps.flatMap((step) => {
    if (step.kind === 'repeat') return branchesOfSteps(step.steps);
    if (step.kind === 'parallel') return step.branches.flatMap(branchesOfSteps);
    if (step.kind !== 'choose') return [];
    return [...step.branches.map((branch) => branch.steps), step.otherwise].flatMap((branch, index) => [
      ...branchTo(`${step.path}.choose[${index}]`, branch, branch[0]?.range ?? step.range),
      ...branchesOfSteps(branch),
    ]);
  });
}

function branchTo(branch: string, [first]: readonly StepModel[], range: SourceRange): Branch[] {
  return first ? [{ branch, range, first: first.path }] : [];
}

function placeKey({ file, start }: SourceRange, name: string): string {
  return `${file}:${start.offset} ${name}`;
}
