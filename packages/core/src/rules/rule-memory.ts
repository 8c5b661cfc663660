import { sizeOfValue } from '../schemas/value-size.js';
import { BudgetShare, ByteBudget, HeldMemory } from './byte-budget.js';
import type { Firing } from './firing.js';

/** What the runs of all rules, and the events that wait for one, may hold in memory together. */
export interface RuleMemory {
  /** Events, and the runs themselves. */
  readonly runs: ByteBudget;
  /** Outputs that later steps may read. */
  readonly outputs: ByteBudget;
}

/** For a heap of 128 MB, with what is on record of it, which is there once more. */
export function deviceMemory(): RuleMemory {
  return { runs: new ByteBudget(16 * 1024 * 1024), outputs: new ByteBudget(8 * 1024 * 1024) };
}

/** What one rule takes of it. */
export interface MemoryShare {
  readonly runs: BudgetShare;
  readonly outputs: BudgetShare;
}

export function shareOf({ runs, outputs }: RuleMemory): MemoryShare {
  return { runs: new BudgetShare(runs), outputs: new BudgetShare(outputs) };
}

/** What a run takes besides its event and its outputs. */
const runSize = 8 * 1024;
/** What is larger is not measured any further. */
const largestEvent = 64 * 1024 * 1024;

/**
 * Memory for a run and the event that asks for it; undefined when there is none. A level has no event, and fires once in its
 * episode: what bounds events that come in floods must not lose it.
 */
export function memoryFor({ trigger }: Firing, { runs }: MemoryShare): HeldMemory | undefined {
  const memory = new HeldMemory(runs);
  if (trigger === undefined) memory.add(runSize);
  else if (!memory.take(runSize + sizeOfValue(trigger, largestEvent))) return undefined;
  return memory;
}

/** What a former engine has admitted is there, whether there is room or not. */
export function memoryOfRestored({ trigger }: Firing, { runs }: MemoryShare): HeldMemory {
  const memory = new HeldMemory(runs);
  memory.add(runSize + sizeOfValue(trigger, largestEvent));
  return memory;
}
