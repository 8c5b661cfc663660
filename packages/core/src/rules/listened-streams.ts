import type { PatternModel, RuleModel } from '../config/rule-model.js';

/** Whether a pattern of `on` or `until`, at any depth, reads events of the stream. */
export function listensTo({ trigger, until }: Pick<RuleModel, 'trigger' | 'until'>, stream: string): boolean {
  return [...(trigger.kind === 'event' ? trigger.patterns : []), ...until].some((pattern) => reads(pattern, stream));
}

function reads(pattern: PatternModel, stream: string): boolean {
  if (pattern.kind === 'event') return pattern.selector.stream === stream;
  return [pattern.of].flat().some((part) => reads(part, stream));
}
