import { Subscription } from 'rxjs';
import { Duration } from '../clock/duration.js';
import type { RuleModel } from '../config/rule-model.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { Logger } from '../diagnostics/logger.js';
import type { StreamReference } from '../streams/stream-hub.js';
import { InstanceRecords } from './instance-record.js';
import { LevelTrigger } from './level-trigger.js';
import { describePattern, PatternListener } from './pattern-listener.js';
import type { Match } from './patterns/match.js';
import { RuleHealth } from './rule-health.js';
import { ruleLimitName, type Admission, type InstanceFiring } from './rule-instance.js';
import { RuleInstances } from './rule-instances.js';
import { namesReadBy } from './rule-names.js';
import type { RuleRuntime } from './rule-runtime.js';
import { RuleStates } from './rule-states.js';
import type { RuleState, RuleStatus } from './rule-status.js';
import type { Refusal } from './trace.js';
import { truthOf, type Truth } from './truth.js';

type Refused = Admission & { readonly admitted: false };

/** One rule at work: its trigger asks for runs, its instances carry them out. */
export class Rule {
  readonly #log: Logger;
  readonly #health: RuleHealth;
  readonly #states: RuleStates;
  readonly #records: InstanceRecords;
  readonly #instances: RuleInstances;
  readonly #subscriptions = new Subscription();
  #level: LevelTrigger | undefined;
  #state: { readonly state: RuleState; readonly since: number };
  #isLimitTold = false;

  constructor(
    readonly model: RuleModel,
    private readonly runtime: RuleRuntime,
    references: ReadonlyMap<string, StreamReference>,
  ) {
    this.#log = runtime.log.child({ rule: model.name });
    this.#health = new RuleHealth(model.name, this.#log);
    this.#states = new RuleStates(runtime.streams, references, (error) => this.#health.fault('states', error));
    this.#records = new InstanceRecords(runtime.ledger, model.meaning);
    this.#instances = new RuleInstances({ model, runtime, states: this.#states, log: this.#log }, this.#records, {
      changed: (isIdle) => this.#changed(isIdle),
      refused: (key, admission) => this.#refused(admission, key),
    });
    this.#state = { state: 'idle', since: runtime.clock.boottime() };
  }

  start(): void {
    if (!this.model.enabled) return this.#refresh();
    try {
      this.#states.open(namesReadBy(this.model));
      this.#instances.restore();
      this.#listenUntil();
      if (this.model.trigger.kind === 'event') this.#listenOn(this.model.trigger.patterns);
      else this.#startLevel();
    } catch (error) {
      this.#health.fault(
        'start',
        coreError('RULE_FAULT', `${this.model.name} cannot start: ${String(error)}`, { cause: error }),
      );
    }
    this.#refresh();
  }

  /** Ends the trigger, then the runs; resolves when holds are released and `finally` is through. */
  async end(reason: string): Promise<void> {
    this.#subscriptions.unsubscribe();
    this.#level?.stop();
    await this.#instances.end(reason);
    this.#states.close();
  }

  /** Leaves `finally` no more time. */
  abortCleanup(reason: string): void {
    this.#instances.abortCleanup(reason);
  }

  /** Removes what the ledger keeps for this rule. */
  forget(): void {
    this.#records.forgetAll();
  }

  status(): readonly RuleStatus[] {
    this.#refresh();
    const { lastRefusal, refusals } = this.#health;
    const { lastOutcome, runs } = this.#instances;
    const own: RuleStatus = {
      rule: this.model.name,
      ...this.#describe(),
      since: this.#state.since,
      runs,
      refusals,
      ...(lastOutcome && { lastOutcome }),
      ...(lastRefusal && { lastRefusal }),
    };
    if (!this.model.key) return [own];
    return [own, ...this.#instances.all().map((instance) => ({ ...instance.status(), rule: this.model.name }))];
  }

  #listenUntil(): void {
    const listener = this.#patternListener('until', (key) => this.#instances.peek(key)?.trigger);
    for (const pattern of this.model.until) {
      const cause = `until ${describePattern(pattern)}`;
      this.#subscriptions.add(listener.listen(pattern, ({ key }) => void this.#instances.peek(key)?.end(cause)));
    }
  }

  #listenOn(patterns: (RuleModel['trigger'] & { readonly kind: 'event' })['patterns']): void {
    const listener = this.#patternListener('on');
    for (const pattern of patterns) {
      const cause = pattern.kind === 'event' ? `event ${describePattern(pattern)}` : describePattern(pattern);
      this.#subscriptions.add(listener.listen(pattern, (match) => this.#onMatch(listener, match, cause)));
    }
  }

  #patternListener(part: 'on' | 'until', triggerOf?: (key: string) => unknown): PatternListener {
    return new PatternListener({
      rule: this.model,
      runtime: this.runtime,
      states: this.#states,
      health: this.#health,
      part,
      triggerOf: (occurrence, key) => (triggerOf ? triggerOf(key) : occurrence.event),
      refused: (reason, detail) => part === 'on' && this.#refused({ admitted: false, reason, detail }),
    });
  }

  #onMatch(listener: PatternListener, { key, occurrence }: Match, cause: string): void {
    const { condition, limit, steps } = this.model;
    const admission =
      this.#conditionRefusal(condition && listener.test(condition, occurrence)) ??
      this.#request(key, {
        cause,
        trigger: occurrence.event,
        heldFor: Duration.zero,
        steps,
        ...(limit && { limit: { name: ruleLimitName, limit } }),
      });
    if (!admission.admitted) this.#refused(admission, key);
    this.#refresh();
  }

  #startLevel(): void {
    this.#level = new LevelTrigger(this.model, this.runtime, this.#states, this.#records, {
      fire: (firing) => this.#fireLevel(firing),
      refused: (admission) => this.#refused(admission),
      episodeEnded: () => {
        if (this.model.trigger.kind === 'hold') void this.#instances.end('while is false');
      },
      fault: (error) => this.#health.fault(this.model.trigger.kind === 'hold' ? 'while' : 'when', error),
      changed: () => this.#refresh(),
    });
    this.#level.start();
  }

  #fireLevel(firing: InstanceFiring): Admission {
    const { condition, key } = this.model;
    const bindings = (part: { readonly dependencies: ReadonlySet<string> }): Record<string, unknown> => ({
      ...this.#states.bindings(part.dependencies),
      secrets: this.runtime.secrets,
    });
    const refusal = this.#conditionRefusal(condition && truthOf(condition, () => bindings(condition)));
    if (refusal) return refusal;
    if (!key) return this.#request('', firing);
    try {
      const value = key.evaluate(bindings(key));
      this.#health.fault('key', undefined);
      return this.#request(typeof value === 'string' ? value : JSON.stringify(value), firing);
    } catch (error) {
      this.#health.fault('key', error);
      return { admitted: false, reason: 'faulted', detail: 'its key failed to evaluate' };
    }
  }

  #conditionRefusal(truth: Truth | undefined): Refused | undefined {
    if (!truth) return undefined;
    this.#health.fault('if', truth.is === 'faulted' ? truth.error : undefined);
    switch (truth.is) {
      case 'true':
        return undefined;
      case 'false':
        return { admitted: false, reason: 'condition', detail: 'its if is false' };
      case 'lost':
        return { admitted: false, reason: 'condition', detail: truth.detail };
      case 'faulted':
        return { admitted: false, reason: 'faulted', detail: 'its if failed to evaluate' };
    }
  }

  #request(key: string, firing: InstanceFiring): Admission {
    const instance = this.#instances.for(key);
    if (!instance) return { admitted: false, reason: 'key-limit', detail: 'too many keys are busy' };
    const admission = instance.request(firing);
    if (admission.admitted) this.#isLimitTold = false;
    return admission;
  }

  #refused({ reason, detail }: Refused, key = ''): void {
    const refusal: Refusal = {
      rule: this.model.name,
      ...(key !== '' && { key }),
      at: this.runtime.clock.boottime(),
      reason,
      detail,
    };
    this.#health.refused(refusal);
    if (reason === 'limit' || reason === 'cooldown') this.#tellLimit(refusal);
  }

  /** Tells once until a run is let through again: a storm of events must not become a storm of lines. */
  #tellLimit({ detail, key }: Refusal): void {
    const policy = this.model.limit?.then;
    if (this.#isLimitTold || (policy !== 'notify' && policy !== 'disable')) return;
    this.#isLimitTold = true;
    const consequence = policy === 'disable' ? ' and is disabled until its text is changed' : '';
    this.#log.warn(`${this.model.name} is limited${consequence}: ${detail}.`, key === undefined ? {} : { key });
  }

  #changed(isIdle: boolean): void {
    if (isIdle) this.#level?.evaluate();
    this.#refresh();
  }

  #refresh(): void {
    const { state } = this.#describe();
    if (state !== this.#state.state) this.#state = { state, since: this.runtime.clock.boottime() };
  }

  #describe(): Pick<RuleStatus, 'state' | 'detail'> {
    const instances = this.#instances.all();
    const { faulted } = this.#health;
    if (!this.model.enabled) return { state: 'disabled', detail: 'enabled is false' };
    if (faulted !== undefined) return { state: 'faulted', detail: faulted };
    if (instances.some((instance) => instance.isRunning)) return { state: 'running', detail: 'a run is in progress' };
    if (!this.model.key && instances.some((instance) => instance.isDisabled)) {
      return { state: 'disabled', detail: 'its limit was reached' };
    }
    const level = this.#level?.describe();
    if (level && level.state !== 'idle') return level;
    if (instances.some((instance) => instance.isLasting)) return { state: 'holding', detail: 'it waits for until' };
    const limitation = instances.find((instance) => instance.limitation !== undefined)?.limitation;
    if (!this.model.key && limitation !== undefined) return { state: 'limited', detail: limitation };
    return level ?? { state: 'idle', detail: 'it waits for its event' };
  }
}
