import type { RuleModel } from '../config/rule-model.js';
import type { Logger } from '../diagnostics/logger.js';
import { keyBound } from './bounded-keys.js';
import { failureOf } from './runs/failures.js';
import type { Refusal } from './trace.js';

/** Milliseconds between two lines about keys that were refused. */
const logInterval = 3_600_000;

/** What keeps a rule from running: expressions that fail to evaluate, and refusals with their reason, counted. */
export class RuleHealth {
  readonly #faults = new Map<string, string>();
  readonly #refusals: Partial<Record<Refusal['reason'], number>> = {};
  #lastRefusal: Refusal | undefined;
  #isLimitTold = false;
  #keysRefused = 0;
  #keysLoggedAt: number | undefined;

  constructor(
    private readonly rule: RuleModel,
    private readonly log: Logger,
  ) {}

  /**
   * Notes that a part of the rule (`when`, `if`, `key` …) failed, or that it works again.
   * @returns whether that is news
   */
  fault(part: string, error: unknown): boolean {
    const before = this.#faults.get(part);
    if (error === undefined) {
      const isNews = this.#faults.delete(part);
      if (isNews) this.log.info(`${part} of ${this.rule.name} evaluates again.`);
      return isNews;
    }
    const { code, message } = failureOf(error);
    const detail = `${part}: ${message}`;
    this.#faults.set(part, detail);
    if (detail !== before) this.log.error(`${this.rule.name} is faulted: ${detail}`, { code });
    return detail !== before;
  }

  refused(refusal: Refusal): void {
    this.#refusals[refusal.reason] = (this.#refusals[refusal.reason] ?? 0) + 1;
    this.#lastRefusal = refusal;
    this.log.debug(`${this.rule.name} does not run: ${refusal.detail}.`, { reason: refusal.reason });
    if (refusal.reason === 'limit' || refusal.reason === 'cooldown') this.#tellLimit(refusal);
    if (refusal.reason === 'key-limit') this.#logRefusedKey(refusal.at);
  }

  /** A run was let through. */
  admitted(): void {
    this.#isLimitTold = false;
  }

  /** What is wrong; undefined while all expressions evaluate. */
  get faulted(): string | undefined {
    return [...this.#faults.values()][0];
  }

  get refusals(): Readonly<Partial<Record<Refusal['reason'], number>>> {
    return { ...this.#refusals };
  }

  get lastRefusal(): Refusal | undefined {
    return this.#lastRefusal;
  }

  /** Once an hour with the count: keys are an attacker's text, and there is one refusal for each event of a flood. */
  #logRefusedKey(at: number): void {
    this.#keysRefused += 1;
    if (this.#keysLoggedAt !== undefined && at - this.#keysLoggedAt < logInterval) return;
    const events = this.#keysRefused === 1 ? '1 event' : `${this.#keysRefused} events`;
    this.log.warn(
      `${this.rule.name} did not run for ${events} of new keys: all ${keyBound.entries} keys that it remembers run or are under its limit. Narrow its pattern or its key, shorten per and cooldown of its limit, or split the rule.`,
      { refused: this.#keysRefused },
    );
    this.#keysRefused = 0;
    this.#keysLoggedAt = at;
  }

  /** Tells once until a run is let through again: a storm of events must not become a storm of lines. */
  #tellLimit({ detail, key }: Refusal): void {
    const policy = this.rule.limit?.then;
    if (this.#isLimitTold || (policy !== 'notify' && policy !== 'disable')) return;
    this.#isLimitTold = true;
    const consequence = policy === 'disable' ? ' and is disabled until its text is changed' : '';
    this.log.warn(`${this.rule.name} is limited${consequence}: ${detail}.`, key === undefined ? {} : { key });
  }
}
