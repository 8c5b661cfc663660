import type { StepModel } from '../../config/rule-model.js';

/** How far one step of a run has come. Times are device time in milliseconds. */
export interface StepProgress {
  readonly done?: true;
  /** When it began: its timeout counts from there. */
  readonly since?: number;
  /** When a wait for a duration is over. */
  readonly due?: number;
  /** The chosen branch of `choose`; -1 for `else`. */
  readonly branch?: number;
  /** Whether the machine was asked to go down, and the step waits for that. */
  readonly asked?: boolean;
  /** The present round of `repeat`, and how many are wanted. */
  readonly round?: number;
  readonly times?: number;
}

type Steps = Readonly<Record<string, StepProgress>>;

const notBegun: StepProgress = {};
const finished: StepProgress = { done: true };

/** How far the steps of one run have come, by their paths, so that another engine can go on from there. */
export class RunProgress {
  readonly #steps = new Map<string, StepProgress>();
  #interrupted: readonly string[];

  /**
   * @param steps what the run had done before
   * @param interrupted paths of the steps that were at work when the engine ended
   * @param changed called after each change
   */
  constructor(
    steps: Steps,
    interrupted: readonly string[],
    private readonly changed: () => void,
  ) {
    for (const path in steps) this.#steps.set(path, steps[path]!);
    this.#interrupted = interrupted;
  }

  get steps(): Steps {
    return Object.fromEntries(this.#steps);
  }

  of(path: string): StepProgress {
    return this.#steps.get(path) ?? notBegun;
  }

  /** Whether the step or one inside of it had begun before: its `if` was true then. */
  hasBegun(path: string): boolean {
    const isWithin = (other: string): boolean => other === path || other.startsWith(`${path}.`);
    return [...this.#steps.keys(), ...this.#interrupted].some(isWithin);
  }

  /** Whether a step was at work when the engine ended that has not come to its end since. */
  get isInterrupted(): boolean {
    return this.#interrupted.length > 0;
  }

  /** Whether the step was at work when the engine ended; it is told once. */
  takeInterruption(path: string): boolean {
    const wasInterrupted = this.#interrupted.includes(path);
    if (wasInterrupted) this.#interrupted = this.#interrupted.filter((other) => other !== path);
    return wasInterrupted;
  }

  note(path: string, progress: StepProgress): void {
    this.#steps.set(path, { ...this.of(path), ...progress });
    this.changed();
  }

  /** The next round of a `repeat` begins: what its steps did before counts no more. */
  startRound(path: string, round: number, times: number | undefined): void {
    this.#forgetBelow(path);
    this.note(path, { round, ...(times !== undefined && { times }) });
  }

  finish(path: string): void {
    this.takeInterruption(path);
    this.#forgetBelow(path);
    this.#steps.set(path, finished);
    this.changed();
  }

  #forgetBelow(path: string): void {
    for (const inner of this.#steps.keys()) if (inner.startsWith(`${path}.`)) this.#steps.delete(inner);
  }
}

/** The paths of the steps that were at work: in each list of steps the first that is not done. */
export function stepsAtWork(steps: readonly StepModel[], progress: Steps): readonly string[] {
  const step = steps.find(({ path }) => !progress[path]?.done);
  if (!step) return [];
  const { branch, round } = progress[step.path] ?? {};
  switch (step.kind) {
    case 'choose':
      if (branch === undefined) return [];
      return stepsAtWork(branch < 0 ? step.otherwise : step.branches[branch]!.steps, progress);
    case 'parallel':
      return step.branches.flatMap((steps) => stepsAtWork(steps, progress));
    case 'repeat':
      return round === undefined ? [] : stepsAtWork(step.steps, progress);
    default:
      return [step.path];
  }
}
