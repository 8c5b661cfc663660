import { Duration } from '../clock/duration.js';
import type { EventPattern, PatternModel, RuleModel } from '../config/rule-model.js';
import type { ConditionExplanation } from './condition-explanation.js';
import { describeTrouble, type HoldTrouble } from './hold-trouble.js';
import type { LevelProgress } from './level-standing.js';
import type { LimitUse } from './instance-limits.js';
import { describePattern } from './pattern-listener.js';
import type { PatternProgress } from './patterns/match.js';
import type { RuleStatus } from './rule-status.js';

/** One `for` or rung of the present episode. */
export interface StageExplanation {
  readonly after: Duration;
  readonly hasFired: boolean;
  /** Until the condition has held for long enough; missing while it does not hold. */
  readonly dueIn?: Duration;
  /** Until its limit lets it run. */
  readonly allowedIn?: Duration;
}

export interface LimitExplanation {
  /** `rule` or `escalate[1]`. */
  readonly name: string;
  readonly key?: string;
  /** As in the file, such as `3 runs in 24h, cooldown 1h`. */
  readonly limit: string;
  /** Whether the engine supplied it. */
  readonly isDefault: boolean;
  readonly used: number;
  readonly allowedIn?: Duration;
}

/** Why an action would not be done although the rule runs: a code of the table of errors, and the reason in words. */
export interface Refused {
  readonly code: string;
  readonly message: string;
}

/** Why a rule does what it does, or does not. */
export interface RuleExplanation {
  readonly rule: string;
  readonly description?: string;
  readonly kind: RuleModel['trigger']['kind'];
  readonly shadow: boolean;
  /** Of the rule, then of its keys. */
  readonly status: readonly RuleStatus[];
  /** Why it does not run at this moment, the weightiest first; empty when nothing stands in its way. */
  readonly reasons: readonly string[];
  /** Why the first of its steps that reboots or shuts down would be refused at this moment. */
  readonly refused?: Refused;
  /** What it waits for. */
  readonly waitsFor: string;
  /** The earliest time from now at which it can fire; missing when that depends on what happens. */
  readonly couldFireIn?: Duration;
  readonly condition?: ConditionExplanation;
  readonly clear?: ConditionExplanation;
  /** With the last event that the rule saw, where it reads one. */
  readonly if?: ConditionExplanation;
  /** `on`, each pattern in words. */
  readonly patterns: readonly string[];
  /** How far each pattern has come that has begun. */
  readonly progress: readonly PatternProgress[];
  readonly stages: readonly StageExplanation[];
  readonly limits: readonly LimitExplanation[];
  readonly mode: string;
}

/** Keys whose limits and patterns are listed; a rule may have a thousand. */
const listedKeys = 20;

/** What is known of a rule at this moment. */
export interface RuleFacts {
  readonly model: RuleModel;
  readonly status: readonly RuleStatus[];
  readonly condition?: ConditionExplanation | undefined;
  readonly clear?: ConditionExplanation | undefined;
  readonly if?: ConditionExplanation | undefined;
  readonly progress?: LevelProgress | undefined;
  readonly patterns: readonly PatternProgress[];
  readonly limits: readonly (LimitUse & { readonly key: string })[];
  readonly refused?: Refused | undefined;
  readonly hold?: HoldTrouble | undefined;
}

export function explainRule(facts: RuleFacts): RuleExplanation {
  const { model, status, condition, clear, progress, refused } = facts;
  const { name, description, trigger, shadow, mode, max } = model;
  const stages = (progress?.stages ?? []).map((stage) => stageOf(stage, facts));
  const couldFireIn = earliest(facts, stages);
  return {
    rule: name,
    ...(description !== undefined && { description }),
    kind: trigger.kind,
    shadow,
    status,
    reasons: reasonsOf(facts, stages),
    ...(refused && { refused }),
    waitsFor: waitsFor(facts, stages),
    ...(couldFireIn && { couldFireIn }),
    ...(condition && { condition }),
    ...(clear && { clear }),
    ...(facts.if && { if: facts.if }),
    patterns: trigger.kind === 'event' ? trigger.patterns.map(describeInFull) : [],
    progress: facts.patterns.slice(0, listedKeys),
    stages,
    limits: facts.limits.slice(0, listedKeys).map(limitOf),
    mode: mode === 'single' || mode === 'restart' ? mode : `${mode}, at most ${max}`,
  };
}

function reasonsOf({ model, status, progress, ...facts }: RuleFacts, stages: readonly StageExplanation[]): string[] {
  const [own] = status;
  const reasons: string[] = [];
  if (own && (own.state === 'disabled' || own.state === 'faulted')) reasons.push(`${own.state}: ${own.detail}`);
  if (!model.enabled) return reasons;
  if (model.shadow) reasons.push('shadow: it decides and is traced, but does not act');
  if (own?.state === 'running' && model.mode === 'single' && !model.key) reasons.push('mode single: it runs already');
  if (progress?.obstacle !== undefined) reasons.push(`paused: ${progress.obstacle}`);
  else if (facts.condition?.is === 'false') {
    const { resetIn } = progress ?? {};
    reasons.push(`its ${word(model)} is false${resetIn ? `; the episode ends in ${resetIn.inSeconds()}` : ''}`);
  }
  if (facts.hold) reasons.push(describeTrouble(facts.hold));
  if (progress?.heldFor && facts.condition?.is === 'true')
    reasons.push(...episodeReasons(model, progress.heldFor, stages));
  const isDue = stages.length === 0 || stages.some(({ hasFired, dueIn }) => !hasFired && dueIn?.milliseconds === 0);
  if (isDue && facts.if && facts.if.is !== 'true') reasons.push(ifReason(facts.if));
  for (const { name, key, detail, allowedIn } of facts.limits) {
    if (!allowedIn) continue;
    reasons.push(`${limitTitle(name, key)}${detail}; it is open again in ${allowedIn.inSeconds()}`);
  }
  return reasons;
}

function episodeReasons(model: RuleModel, heldFor: Duration, stages: readonly StageExplanation[]): string[] {
  const next = stages.find(({ hasFired }) => !hasFired);
  if (next) {
    const isEarly = next.dueIn !== undefined && next.dueIn.milliseconds > 0;
    return isEarly ? [`its ${word(model)} has held for ${heldFor.inSeconds()} of ${next.after}`] : [];
  }
  const { trigger } = model;
  if (trigger.kind === 'hold') return [];
  const atStart =
    trigger.kind === 'level' && trigger.atStart === 'wait-for-change'
      ? ', or its when was true at the start already (at-start: wait-for-change)'
      : '';
  return [`it has fired in this episode${atStart}; the next episode begins after its when was false`];
}

function ifReason({ is, detail, text }: ConditionExplanation): string {
  if (is === 'false') return `its if is false: ${text}`;
  return `its if is ${is}: ${detail}`;
}

function waitsFor({ model, progress, condition }: RuleFacts, stages: readonly StageExplanation[]): string {
  if (!model.enabled) return 'nothing, it is not enabled';
  if (model.trigger.kind === 'event') return `an event: ${model.trigger.patterns.map(describeInFull).join(', or ')}`;
  if (progress?.obstacle !== undefined) return 'the stream that is lost';
  if (condition?.is !== 'true' && !progress?.heldFor) return `its ${word(model)} to become true`;
  const next = stages.find(({ hasFired }) => !hasFired);
  if (!next) return model.trigger.kind === 'hold' ? 'its while to become false' : 'its when to become false, then true';
  return next.dueIn && next.dueIn.milliseconds > 0
    ? `time to pass: ${next.dueIn.inSeconds()}`
    : 'what blocks it to go away';
}

/** When the next stage is due and its limit open, if the condition goes on to hold. */
function earliest(
  { model, progress, limits, condition }: RuleFacts,
  stages: readonly StageExplanation[],
): Duration | undefined {
  if (!model.enabled || condition?.is !== 'true' || progress?.obstacle !== undefined) return undefined;
  if (limits.some(({ limit, allowedIn }) => allowedIn && limit.then === 'disable')) return undefined;
  const times = stages
    .filter(({ hasFired }) => !hasFired)
    .map(({ dueIn, allowedIn }) => Math.max(dueIn?.milliseconds ?? 0, allowedIn?.milliseconds ?? 0));
  return times.length > 0 ? Duration.ofMilliseconds(Math.min(...times)).inSeconds() : undefined;
}

function stageOf(
  { after, hasFired, dueIn, limit }: LevelProgress['stages'][number],
  { limits }: RuleFacts,
): StageExplanation {
  const allowedIn = limit && limits.find(({ name }) => name === limit.name)?.allowedIn;
  return {
    after,
    hasFired,
    ...(dueIn && { dueIn: dueIn.inSeconds() }),
    ...(allowedIn && { allowedIn: allowedIn.inSeconds() }),
  };
}

function limitOf({ name, key, limit, used, allowedIn }: RuleFacts['limits'][number]): LimitExplanation {
  const { runs, per, cooldown, isDefault } = limit;
  const parts = [
    runs !== undefined && `${runs === 1 ? '1 run' : `${runs} runs`} in ${per}`,
    cooldown && `cooldown ${cooldown}`,
  ];
  return {
    name,
    ...(key !== '' && { key }),
    limit: parts.filter(Boolean).join(', '),
    isDefault,
    used,
    ...(allowedIn && { allowedIn: allowedIn.inSeconds() }),
  };
}

function limitTitle(name: string, key: string): string {
  return `limit${name === 'rule' ? '' : ` of ${name}`}${key === '' ? '' : ` of key ${key}`}: `;
}

/** A pattern with the values that it asks for. */
function describeInFull(pattern: PatternModel): string {
  return describePattern(pattern, describeEvent);
}

function describeEvent(pattern: EventPattern): string {
  const match = Object.entries(pattern.selector.match).filter(([, value]) => value !== undefined);
  const fields = match.map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return [
    pattern.selector.stream,
    ...(fields.length > 0 ? [`{ ${fields.join(', ')} }`] : []),
    ...(pattern.where ? [`where ${pattern.where.source.text}`] : []),
  ].join(' ');
}

function word({ trigger }: RuleModel): string {
  return trigger.kind === 'hold' ? 'while' : 'when';
}
