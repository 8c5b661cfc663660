import { Duration } from '../clock/duration.js';
import type { RuleModel } from '../config/rule-model.js';
import type { Bindings, Expression } from '../expressions/expression.js';
import { explainCondition, type ConditionExplanation } from './condition-explanation.js';
import type { DryRun } from './dry-run.js';
import type { Firing } from './firing.js';
import type { LevelProgress } from './level-standing.js';
import type { PatternProgress } from './patterns/match.js';
import { findDisruptiveAction } from './reachable-actions.js';
import { explainRule, type Refused, type RuleExplanation } from './rule-explanation.js';
import type { RuleInstances } from './rule-instances.js';
import type { RuleStatus } from './rule-status.js';
import { performDry, type RunContext } from './runs/run.js';
import type { Stage } from './stages.js';
import type { Refusal } from './trace.js';

/** Answers what a person asks about one rule; it changes nothing. */
export class RuleInspection {
  /** The last event that reached the rule, so that `why` can show what its `if` makes of it. */
  #lastEvent: { readonly event: unknown } | undefined;

  constructor(
    private readonly runs: RunContext,
    private readonly instances: RuleInstances,
  ) {}

  saw(event: unknown): void {
    this.#lastEvent = { event };
  }

  explain(
    status: readonly RuleStatus[],
    progress: LevelProgress | undefined,
    patterns: readonly PatternProgress[] = [],
  ): RuleExplanation {
    const { model } = this.runs;
    const { trigger } = model;
    return explainRule({
      model,
      status,
      progress,
      patterns,
      condition: trigger.kind === 'event' ? undefined : this.#explain(trigger.condition),
      clear: trigger.kind === 'level' ? this.#explain(trigger.clear) : undefined,
      if: this.#canEvaluate(model.condition) ? this.#explain(model.condition) : undefined,
      refused: this.#obstacle(),
      hold: this.instances.peek('')?.holdTrouble,
      limits: this.instances.all().flatMap(({ key, limits }) => limits.uses().map((use) => ({ ...use, key }))),
    });
  }

  async dryRun(given: { readonly event: unknown } | undefined, progress: LevelProgress | undefined): Promise<DryRun> {
    const { model } = this.runs;
    const { trigger } = model;
    const { event } = given ?? this.#lastEvent ?? { event: null };
    const firing = this.#firing(event, progress);
    const key = this.#key(event);
    const ifNow = this.#explain(model.condition, event);
    const refused = this.#obstacle();
    const refusal = refusalOf(model, ifNow) ?? this.instances.peek(key)?.refusal(firing);
    return {
      rule: model.name,
      kind: trigger.kind,
      wouldRun: refusal === undefined,
      ...(refused && { refused }),
      ...(refusal && { refusal: { reason: refusal.reason, detail: refusal.detail } }),
      ...(trigger.kind !== 'event' && { condition: this.#explain(trigger.condition) }),
      ...(ifNow && { if: ifNow }),
      ...(trigger.kind === 'event' && { event: given ? 'given' : this.#lastEvent ? 'last' : 'none' }),
      trace: await performDry(this.runs, firing, key),
    };
  }

  /** Why a reboot or shutdown of the stage would be refused at this moment, or a limit would not let it come about. */
  obstacleOf(stage: Stage): { readonly detail: string; readonly allowedAt?: number } | undefined {
    const obstacle = this.#obstacle();
    return obstacle ? { detail: obstacle.message } : this.instances.peek('')?.limits.blockedBy(stage);
  }

  /** Why its reboot or shutdown would be refused at this moment; a shadow calls nothing that could be refused. */
  #obstacle(): Refused | undefined {
    const { model, runtime } = this.runs;
    const action = model.shadow ? undefined : findDisruptiveAction(model, runtime.actions);
    const obstacle = action === undefined ? undefined : runtime.disruptions.obstacle(action);
    return obstacle && { code: obstacle.code, message: obstacle.message };
  }

  #firing(event: unknown, { stages, heldFor = Duration.zero }: LevelProgress = { stages: [] }): Firing {
    const next = stages.findIndex(({ hasFired }) => !hasFired);
    const isLevel = stages.length > 0;
    return {
      cause: 'devicerc try',
      stage: Math.max(0, next),
      heldFor,
      ...(!isLevel && { trigger: event }),
      ...(isLevel && { since: new Date(this.runs.runtime.clock.wall().milliseconds - heldFor.milliseconds) }),
    };
  }

  #key(event: unknown): string {
    const { model, states } = this.runs;
    if (!model.key) return '';
    const value = model.key.evaluate({ ...states.bindings(model.key.dependencies), ...this.#names(event) });
    return typeof value === 'string' ? value : JSON.stringify(value);
  }

  /** An `if` that reads an event says nothing before there was one. */
  #canEvaluate(condition: Expression | undefined): boolean {
    const readsEvent = condition?.dependencies.has('event') || condition?.dependencies.has('trigger');
    return !readsEvent || this.#lastEvent !== undefined;
  }

  #explain(condition: Expression, event?: unknown): ConditionExplanation;
  #explain(condition: Expression | undefined, event?: unknown): ConditionExplanation | undefined;
  #explain(
    condition: Expression | undefined,
    event: unknown = this.#lastEvent?.event,
  ): ConditionExplanation | undefined {
    const { model, runtime, states } = this.runs;
    if (!condition || !model.enabled) return undefined;
    return explainCondition(condition, runtime, states, this.#names(event));
  }

  #names(event: unknown): Bindings {
    const { model, runtime } = this.runs;
    return { secrets: runtime.secrets, ...(model.trigger.kind === 'event' && { event, trigger: event }) };
  }
}

function refusalOf(
  { enabled }: RuleModel,
  condition: ConditionExplanation | undefined,
): Pick<Refusal, 'reason' | 'detail'> | undefined {
  if (!enabled) return { reason: 'disabled', detail: 'enabled is false' };
  if (!condition || condition.is === 'true') return undefined;
  if (condition.is === 'false') return { reason: 'condition', detail: 'its if is false' };
  return { reason: condition.is === 'lost' ? 'condition' : 'faulted', detail: condition.detail ?? condition.is };
}
