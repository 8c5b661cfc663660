import type { RuleModel } from '../config/rule-model.js';
import type { Logger } from '../diagnostics/logger.js';
import { shareOf } from './rule-memory.js';
import type { RuleRuntime } from './rule-runtime.js';
import type { RuleStates } from './rule-states.js';
import type { RunContext } from './runs/run.js';
import { RunRecords } from './runs/run-record.js';
import { areRunsRecorded } from './runs/run-worth.js';
import { stagesOf } from './stages.js';

/** What all runs of the rule share. */
export function runContextOf(model: RuleModel, runtime: RuleRuntime, states: RuleStates, log: Logger): RunContext {
  const isRecorded = areRunsRecorded(model, runtime.actions);
  return {
    model,
    stages: stagesOf(model),
    runtime,
    states,
    memory: shareOf(runtime.memory),
    log,
    records: isRecorded ? new RunRecords(runtime.ledger, model) : undefined,
  };
}
