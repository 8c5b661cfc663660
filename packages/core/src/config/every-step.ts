import type { StepModel } from './rule-model.js';

/** The steps with all that stand inside of them, in the order of the file. */
export function everyStep(steps: readonly StepModel[]): readonly StepModel[] {
  return steps.flatMap((step) => [step, ...everyStep(stepsInside(step))]);
}

function stepsInside(step: StepModel): readonly StepModel[] {
  if (step.kind === 'choose') return [...step.branches.flatMap((branch) => branch.steps), ...step.otherwise];
  if (step.kind === 'parallel') return step.branches.flat();
  return step.kind === 'repeat' ? step.steps : [];
}
