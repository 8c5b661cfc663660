import { Subscription } from 'rxjs';
import { ruleStreamName } from '../builtin/rule-events.js';
import { Duration } from '../clock/duration.js';
import type { RuleModel } from '../config/rule-model.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { Logger } from '../diagnostics/logger.js';
import type { StreamReference } from '../streams/stream-hub.js';
import type { CatchUp } from './catch-up.js';
import { conditionRefusal } from './condition-refusal.js';
import type { DryRun } from './dry-run.js';
import type { Firing } from './firing.js';
import { InstanceRecords } from './instance-record.js';
import { listensTo } from './listened-streams.js';
import { LevelTrigger } from './level-trigger.js';
import { PatternListener } from './pattern-listener.js';
import type { Match } from './patterns/match.js';
import { RuleHealth } from './rule-health.js';
import { standingOf, timesOf } from './rule-description.js';
import type { RuleExplanation } from './rule-explanation.js';
import { RuleInspection } from './rule-inspection.js';
import type { Admission, Refused } from './admission.js';
import { RuleInstances } from './rule-instances.js';
import { fieldsReadBy } from './rule-names.js';
import type { RuleRuntime } from './rule-runtime.js';
import { ruleScope } from './rule-scope.js';
import { RuleStanding, type StandingChange } from './rule-standing.js';
import { RuleStates } from './rule-states.js';
import type { RuleStatus } from './rule-status.js';
import { runContextOf } from './run-context.js';
import type { RunOutcome } from './trace.js';
import { liveTruth, type Truth } from './truth.js';

/** One rule at work: its trigger asks for runs, its instances carry them out. */
export class Rule {
  readonly #log: Logger;
  readonly #health: RuleHealth;
  readonly #states: RuleStates;
  readonly #records: InstanceRecords;
  readonly #instances: RuleInstances;
  readonly #inspection: RuleInspection;
  readonly #subscriptions = new Subscription();
  #level: LevelTrigger | undefined;
  #events: PatternListener | undefined;
  readonly #standing: RuleStanding;
  readonly #watchesRules: boolean;

  constructor(
    readonly model: RuleModel,
    private readonly runtime: RuleRuntime,
    private readonly catchUp: CatchUp,
    references: ReadonlyMap<string, StreamReference>,
  ) {
    this.#log = runtime.log.child({ rule: model.name });
    this.#health = new RuleHealth(model, this.#log);
    const onError = (error: unknown): void => this.#fault('states', error);
    this.#states = new RuleStates(runtime.streams, references, runtime.clock, catchUp, onError);
    this.#records = new InstanceRecords(runtime.ledger, ruleScope('instances', model));
    const runs = runContextOf(model, runtime, this.#states, this.#log);
    this.#instances = new RuleInstances(runs, this.#records, {
      changed: (hasRoom, ended) => this.#changed(hasRoom, ended),
      keyStands: (key, change) => this.#tell(change, key),
      refused: (key, admission, { stage }) => {
        this.#refused(admission, key);
        this.#level?.takeBack(stage);
      },
      putOff: ({ stage }) => this.#level?.putOff(stage),
    });
    this.#inspection = new RuleInspection(runs, this.#instances);
    this.#watchesRules = listensTo(model, ruleStreamName);
    const initial = model.enabled ? 'idle' : 'disabled';
    this.#standing = new RuleStanding(runtime.clock, initial, (change) => this.#tell(change));
  }

  /** Opens what it reads; before the start, so that nothing of it is closed as its former text comes to its end. */
  open(): void {
    if (this.model.enabled) this.#states.open(fieldsReadBy(this.model));
  }

  start(): void {
    if (!this.model.enabled) return this.#refresh();
    try {
      this.open();
      if (this.model.trigger.kind !== 'event') this.#level = this.#levelTrigger();
      this.#instances.restore();
      this.#listenUntil();
      if (this.model.trigger.kind === 'event') this.#listenOn(this.model.trigger.patterns);
      this.#level?.start();
    } catch (error) {
      this.#health.fault(
        'start',
        coreError('RULE_FAULT', `${this.model.name} cannot start: ${String(error)}`, { cause: error }),
      );
    }
    this.#refresh();
  }

  /** Ends the trigger, then the runs; resolves when holds are released and `finally` is through. */
  end(reason: string): Promise<void> {
    return this.#end(() => this.#instances.end(reason));
  }

  /** Like `end`, but leaves runs that only wait for the next engine. */
  park(reason: string): Promise<void> {
    this.#standing.close();
    return this.#end(() => this.#instances.park(reason));
  }

  /** Leaves `finally` no more time. */
  abortCleanup(reason: string): void {
    this.#instances.abortCleanup(reason);
  }

  status(): readonly RuleStatus[] {
    const parts = this.#parts();
    const standing = standingOf(parts);
    const { lastRefusal, refusals } = this.#health;
    const { lastOutcome, runs } = this.#instances;
    const own: RuleStatus = {
      rule: this.model.name,
      ...timesOf(parts),
      ...standing,
      since: this.#standing.sinceOf(standing.state),
      runs,
      refusals,
      ...(lastOutcome && { lastOutcome }),
      ...(lastRefusal && { lastRefusal }),
    };
    if (!this.model.key) return [own];
    return [own, ...this.#instances.all().map((instance) => ({ ...instance.status(), rule: this.model.name }))];
  }

  explain(): RuleExplanation {
    return this.#inspection.explain(this.status(), this.#level?.progress(), this.#events?.progress());
  }

  /**
   * Decides and renders the steps as if the rule were to fire now, without acting.
   * @param given what an `on` rule reads as `event`; the last one that it saw when left out
   */
  dryRun(given?: { readonly event: unknown }): Promise<DryRun> {
    return this.#inspection.dryRun(given, this.#level?.progress());
  }

  /** Each part is ended, also when one before it fails. */
  async #end(runs: () => Promise<void>): Promise<void> {
    try {
      this.#stopListening();
    } finally {
      await runs().finally(() => this.#close());
    }
  }

  #close(): void {
    this.#states.close();
    this.#standing.close();
  }

  #stopListening(): void {
    this.#subscriptions.unsubscribe();
    this.#level?.stop();
  }

  #listenUntil(): void {
    const listener = this.#patternListener('until', (key) => this.#instances.peek(key)?.trigger);
    for (const [index, pattern] of this.model.until.entries()) {
      const cause = `until ${listener.inWords(pattern)}`;
      this.#subscriptions.add(listener.listen(pattern, index, ({ key }) => this.#endInstance(key, cause)));
    }
  }

  #endInstance(key: string, cause: string): void {
    const instance = this.#instances.peek(key);
    if (instance?.isRunning || instance?.isLasting)
      this.#log.info(`${this.model.name} is ended: ${cause}.`, { ended: 'until', ...(key !== '' && { key }) });
    void instance?.end(cause);
  }

  #listenOn(patterns: (RuleModel['trigger'] & { readonly kind: 'event' })['patterns']): void {
    const listener = (this.#events = this.#patternListener('on'));
    for (const [index, pattern] of patterns.entries()) {
      const words = listener.inWords(pattern);
      const cause = pattern.kind === 'event' ? `event ${words}` : words;
      const onMatch = (match: Match): void => this.#onMatch(listener, match, cause);
      this.#subscriptions.add(listener.listen(pattern, index, (match) => this.#whenDecidable(() => onMatch(match))));
    }
  }

  #patternListener(part: 'on' | 'until', triggerOf?: (key: string) => unknown): PatternListener {
    return new PatternListener({
      rule: this.model,
      runtime: this.runtime,
      catchUp: this.catchUp,
      states: this.#states,
      fault: (place, error) => this.#fault(place, error),
      part,
      triggerOf: (occurrence, key) => (triggerOf ? triggerOf(key) : occurrence.event),
      refused: (reason, detail, { event }) => {
        if (part === 'until') return;
        this.#inspection.saw(event);
        this.#refused({ admitted: false, reason, detail });
      },
    });
  }

  /** Of an event that goes no further, nothing else lets the rule stand otherwise. */
  #fault(place: string, error: unknown): void {
    if (this.#health.fault(place, error)) this.#refresh();
  }

  /** An event of the first moments, as `boot` is, waits for what its `if` reads. */
  #whenDecidable(decide: () => void): void {
    if (!this.model.condition) return decide();
    this.#states.whenReady(() => {
      if (!this.#subscriptions.closed) decide();
    });
  }

  #onMatch(listener: PatternListener, { key, occurrence }: Match, cause: string): void {
    this.#inspection.saw(occurrence.event);
    const { condition } = this.model;
    const admission =
      this.#conditionRefusal(condition && listener.test(condition, occurrence)) ??
      this.#request(key, { cause, trigger: occurrence.event, heldFor: Duration.zero, stage: 0 });
    if (!admission.admitted) this.#refused(admission, key);
    this.#refresh();
  }

  #levelTrigger(): LevelTrigger {
    return new LevelTrigger(this.model, this.runtime, this.catchUp, this.#states, this.#records, {
      fire: (firing) => this.#fireLevel(firing),
      refused: (admission) => this.#refused(admission),
      obstacle: (stage) => this.#inspection.obstacleOf(stage),
      episodeEnded: () => {
        if (this.model.trigger.kind === 'hold') void this.#instances.end('while is false');
      },
      fault: (error) => this.#health.fault(this.model.trigger.kind === 'hold' ? 'while' : 'when', error),
      changed: () => this.#refresh(),
    });
  }

  #fireLevel(firing: Firing): Admission {
    const { condition } = this.model;
    const truth = condition && liveTruth(condition, this.#states, this.runtime.secrets);
    return this.#conditionRefusal(truth) ?? this.#request('', firing);
  }

  #conditionRefusal(truth: Truth | undefined): Refused | undefined {
    if (truth) this.#health.fault('if', truth.is === 'faulted' ? truth.error : undefined);
    return conditionRefusal(truth);
  }

  #request(key: string, firing: Firing): Admission {
    const instance = this.#instances.for(key);
    if (!instance) return { admitted: false, reason: 'key-limit', detail: 'too many keys are busy' };
    const admission = instance.request(firing);
    if (admission.admitted) this.#health.admitted();
    return admission;
  }

  #refused({ reason, detail }: Refused, key = ''): void {
    const at = this.runtime.clock.boottime();
    const refusal = { rule: this.model.name, ...(key !== '' && { key }), at, reason, detail };
    this.#health.refused(refusal);
    this.runtime.onRefusal(refusal);
  }

  #changed(hasRoom: boolean, ended: RunOutcome | undefined): void {
    if (ended !== undefined && !this.model.key) this.#standing.ended(ended);
    if (hasRoom) this.#level?.evaluate();
    this.#refresh();
  }

  #refresh(): void {
    const parts = this.#parts();
    const standing = standingOf(parts);
    this.#standing.update(standing);
    const { allowedIn } = standing.state === 'limited' ? timesOf(parts) : {};
    if (allowedIn !== undefined) this.#standing.lookAgain(allowedIn, () => this.#refresh());
  }

  #tell(change: StandingChange, key?: string): void {
    const about = { rule: this.model.name, watchesRules: this.#watchesRules };
    this.runtime.onTransition(Object.assign(about, key === undefined ? {} : { key }, change));
  }

  #parts(): Parameters<typeof standingOf>[0] {
    const { model } = this;
    return {
      model,
      faulted: this.#health.faulted,
      instances: this.#instances.all(),
      level: this.#level?.describe(),
    };
  }
}
