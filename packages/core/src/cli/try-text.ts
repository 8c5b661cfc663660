import type { DryRun } from '../rules/dry-run.js';
import { conditionLines } from './condition-text.js';
import { wrapped } from './text.js';
import { runText } from './trace-text.js';

const events = {
  given: 'It reads the event that was given.',
  last: 'It reads the last event that it saw.',
  none: 'It has seen no event yet; give one with --event.',
};

export function tryText({ rule, kind, wouldRun, refusal, refused, condition, event, trace, ...rest }: DryRun): string {
  const now = trace.startedAt;
  return [
    wrapped(wouldRun ? `${rule} would run.` : `${rule} would not run: ${refusal?.detail.replace(/\.$/, '')}.`, 2, 0),
    ...(refused ? [wrapped(`But ${refused.message} [${refused.code}]`, 2, 0)] : []),
    ...(condition && condition.is !== 'true' ? ['Its condition is not true now, so nothing asks it to.'] : []),
    ...(event ? [events[event]] : []),
    ...(condition ? conditionLines(kind === 'hold' ? 'while' : 'when', condition, now) : []),
    ...(rest.if ? conditionLines('if', rest.if, now) : []),
    '',
    'What its steps would do (nothing was done):',
    runText(trace, now),
  ].join('\n');
}
