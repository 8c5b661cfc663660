import type { Duration } from '../clock/duration.js';
import type { RuleModel } from '../config/rule-model.js';
import type { StreamReference } from '../streams/stream-hub.js';
import { coreError } from '../diagnostics/core-errors.js';
import { didYouMean } from '../diagnostics/suggestion.js';
import { describeError } from '../diagnostics/user-message.js';
import { CatchUp } from './catch-up.js';
import type { DryRun } from './dry-run.js';
import { Rule } from './rule.js';
import type { RuleExplanation } from './rule-explanation.js';
import type { RuleRuntime } from './rule-runtime.js';
import { ruleOfScope, ruleScopes } from './rule-scope.js';
import type { RuleStatus } from './rule-status.js';

export type { RuleStatus } from './rule-status.js';

/** Runs the rules of one file. A fault of one rule never reaches another. */
export class RuleEngine {
  readonly #rules = new Map<string, Rule>();
  /** Rules of a former file whose runs are still coming to their end. */
  readonly #ending = new Map<Rule, Promise<void>>();
  readonly #catchUp: CatchUp;
  #isParked = false;

  constructor(private readonly runtime: RuleRuntime) {
    this.#catchUp = new CatchUp(runtime.clock, runtime.streams, runtime.ledger, runtime.log);
  }

  /** Starts the rules; each finds in the ledger what it had come to. What is kept of other rules is removed. */
  async start(rules: readonly RuleModel[]): Promise<void> {
    this.#forgetOthers(rules);
    for (const model of rules) {
      if (this.runtime.clock.isTurnDue()) await this.runtime.clock.nextTurn();
      this.#add(model, this.runtime.states);
    }
    this.#secureGap();
  }

  /**
   * Takes over a changed file. A rule of equal name and meaning goes on untouched, with its timers, limits and runs. Of a
   * changed or removed one the runs are aborted, holds released and `finally` done; a changed one then starts anew.
   * @returns when all have started but those whose former text takes a while to end
   */
  async replace(rules: readonly RuleModel[], states: ReadonlyMap<string, StreamReference>): Promise<void> {
    const { clock } = this.runtime;
    await this.endOthers(rules);
    // What has nothing to do at its end has ended then.
    await Promise.race([Promise.all(this.#ending.values()), clock.nextTurn()]);
    for (const model of rules) {
      if (this.#rules.has(model.name)) continue;
      if (clock.isTurnDue()) await clock.nextTurn();
      this.#add(model, states);
    }
  }

  /** Ends the rules that these do not have in equal name and meaning; what is kept of them is removed when they have ended. */
  async endOthers(rules: readonly RuleModel[]): Promise<void> {
    const wanted = new Map(rules.map((model) => [model.name, model]));
    for (const [name, rule] of this.#rules) {
      const model = wanted.get(name);
      if (model?.meaning === rule.model.meaning) continue;
      if (this.runtime.clock.isTurnDue()) await this.runtime.clock.nextTurn();
      const change = model ? 'changed' : 'removed';
      this.runtime.log.info(`${name} was ${change}${model ? ': its timers, limits and runs start anew' : ''}.`, {
        rule: name,
      });
      this.#rules.delete(name);
      this.#end(rule, `the rule was ${change}`);
    }
  }

  status(): readonly RuleStatus[] {
    return [...this.#rules.values()].flatMap((rule) => rule.status());
  }

  /** @throws DeviceError `RULE_UNKNOWN` */
  explain(rule: string): RuleExplanation {
    return this.#named(rule).explain();
  }

  /**
   * Decides and renders the steps of a rule without acting.
   * @param event what an `on` rule reads as `event`; the last one that it saw when left out
   * @throws DeviceError `RULE_UNKNOWN`
   */
  dryRun(rule: string, event?: { readonly event: unknown }): Promise<DryRun> {
    return this.#named(rule).dryRun(event);
  }

  /**
   * Stops: runs that only wait are left for the next engine, all others are ended; holds are released, `finally` is done,
   * the ledger written.
   * @param time what holds and `finally` get; what is left of `finally` then is for the next engine
   */
  async park(reason: string, time: Duration): Promise<void> {
    this.#isParked = true;
    const rules = [...this.#rules.values(), ...this.#ending.keys()];
    const ended = [...this.#ending.values()];
    const timer = this.runtime.clock.schedule(
      time.milliseconds,
      () => rules.forEach((rule) => rule.abortCleanup(reason)),
      'park',
    );
    for (const rule of this.#rules.values()) {
      if (this.runtime.clock.isTurnDue()) await this.runtime.clock.nextTurn();
      ended.push(this.#settle(rule, rule.park(reason)));
    }
    await Promise.all(ended);
    timer.cancel();
    this.#catchUp.close();
    this.#rules.clear();
    // A disk that fails is told by the ledger; what comes after the rules must end all the same.
    await this.runtime.ledger.commit().catch(() => undefined);
  }

  /**
   * After a kill, only what the rules have just written tells that nobody watched meanwhile. A power cut that took it would
   * make that time count. The sync would come in some seconds anyway.
   */
  #secureGap(): void {
    const { ledger } = this.runtime;
    // A disk that fails is told by the ledger.
    if (ledger.watchedUntil !== undefined) ledger.commit().catch(() => undefined);
  }

  #named(name: string): Rule {
    const rule = this.#rules.get(name);
    if (rule) return rule;
    const meant = didYouMean(name, this.#rules.keys());
    const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
    throw coreError('RULE_UNKNOWN', `There is no rule "${name}".${hint}`);
  }

  /** It starts when its former texts have ended: they never act at the same time, and may have had an equal record. */
  #add(model: RuleModel, states: ReadonlyMap<string, StreamReference>): void {
    const rule = new Rule(model, this.runtime, this.#catchUp, states);
    this.#rules.set(model.name, rule);
    const former = [...this.#ending].filter(
      ([
        {
          model: { name },
        },
      ]) => name === model.name,
    );
    if (former.length === 0) return rule.start();
    rule.open();
    void Promise.all(former.map(([, ended]) => ended)).then(() => {
      if (!this.#isParked && this.#rules.get(model.name) === rule) rule.start();
    });
  }

  #end(rule: Rule, reason: string): void {
    const ended = this.#settle(rule, rule.end(reason)).then(() => {
      this.#forget(rule.model);
      this.#ending.delete(rule);
    });
    this.#ending.set(rule, ended);
  }

  /** A rule whose end fails holds up neither the end of the others nor the start of the next. */
  #settle({ model: { name } }: Rule, ended: Promise<void>): Promise<void> {
    return ended.catch((error: unknown) =>
      this.runtime.log.error(`${name} did not end cleanly: ${describeError(error).message}`, { rule: name }),
    );
  }

  /** Rules that were changed or removed while no engine ran. */
  #forgetOthers(rules: readonly RuleModel[]): void {
    const meanings = new Map(rules.map(({ name, meaning }) => [name, meaning]));
    const others = this.runtime.ledger.scopes().flatMap((scope) => ruleOfScope(scope) ?? []);
    const gone = new Map(
      others.filter(({ name, meaning }) => meanings.get(name) !== meaning).map((rule) => [rule.meaning, rule]),
    );
    for (const rule of gone.values()) {
      const isThere = meanings.has(rule.name);
      const consequence = isThere ? ': its timers, limits and runs start anew' : '';
      this.runtime.log.info(
        `${rule.name} was ${isThere ? 'changed' : 'removed'} while the engine was down${consequence}.`,
        {
          rule: rule.name,
        },
      );
      this.#forget(rule);
    }
  }

  #forget(rule: Pick<RuleModel, 'name' | 'meaning'>): void {
    const { ledger } = this.runtime;
    for (const scope of ruleScopes(rule)) {
      for (const key of ledger.entries(scope).keys()) ledger.remove(scope, key);
    }
  }
}
