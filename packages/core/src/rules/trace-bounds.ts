import { ByteBudget } from './byte-budget.js';

/** How much traces keep. A size is one in memory: characters, and 8 for each value beside them. */
export interface TraceBounds {
  /** Of one input, output or message. */
  readonly valueSize: number;
  /** Of all steps of one run. */
  readonly runSize: number;
  /** Of one run; a long `repeat` has many. */
  readonly steps: number;
  /** Shared by all runs that are not over. */
  readonly running: ByteBudget;
}

/** The bounds of a device with little memory. */
export function deviceTraceBounds(): TraceBounds {
  return { valueSize: 4_096, runSize: 128 * 1024, steps: 500, running: new ByteBudget(4 * 1024 * 1024) };
}

/** No bounds: for whoever judges a rule by its trace, and has the memory for it. */
export const wholeTraces: TraceBounds = {
  valueSize: Infinity,
  runSize: Infinity,
  steps: Infinity,
  running: new ByteBudget(Infinity),
};
