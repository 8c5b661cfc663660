import type { Clock } from '@devicerc/core';

/** Before a signal that is known to have fired, those that were sent this much earlier have fired, too. */
const certainty = 1_000;

interface SentSignal {
  readonly rule: string;
  readonly at: number;
  /** Whether it was sent to an engine that is known to have listened, and to have come further since. */
  isExpected: boolean;
  /** Lines of the log that tell its firing, or messages about it with different idempotency keys. */
  firings: number;
  keys?: Set<string>;
}

/** What is known of one life of the engine. */
interface Life {
  /** Logged rules that have not fired in it yet. */
  readonly silent: Set<string>;
  /** When each rule had fired in it, so that all that comes later is for certain. */
  listensSince?: number;
  firstNumber: number;
  /** When the last signal that fired in it was sent, by rule. */
  readonly reached: Map<string, number>;
}

export interface FiringFigures {
  readonly sent: number;
  readonly expected: number;
  readonly fired: number;
  readonly lost: readonly string[];
  readonly duplicated: readonly string[];
  /** Sent while no engine is known to have listened, or too shortly before its end: these may have fired or not. */
  readonly uncertain: number;
  /** The same message again, under its key: at least once is what is promised. */
  readonly repeatedDeliveries: number;
}

/**
 * Which signals were sent to which rule, and which of them have fired. What has to fire follows from this record alone: the
 * bus keeps the order of one sender, so in each life everything fires that was sent after all rules had fired once, and a
 * second before the signal that the slowest rule has come to.
 */
export class FiringRecord {
  readonly #signals: SentSignal[] = [];
  #life: Life | undefined;
  #deliveries = 0;
  #strangers = 0;
  /** How far a life was behind the signals when it ended, at most, in milliseconds. */
  longestDelay = 0;

  constructor(
    private readonly clock: Clock,
    private readonly loggedRules: readonly string[],
    private readonly deliveredRules: readonly string[],
    private readonly countedRules: ReadonlyMap<string, number>,
  ) {}

  /** Whether all rules have fired in this life. */
  get listens(): boolean {
    return this.#life?.listensSince !== undefined && this.clock.boottime() > this.#life.listensSince + certainty;
  }

  /** Up to when everything that was sent has fired, in boottime: as far as the rule that is behind all others. */
  get reached(): number {
    if (!this.#life || this.#life.silent.size > 0) return 0;
    return Math.min(...this.#life.reached.values());
  }

  /** How many signals were sent. */
  get sent(): number {
    return this.#signals.length;
  }

  /** @returns the number of the signal */
  send(rule: string): number {
    this.#signals.push({ rule, at: this.clock.boottime(), isExpected: false, firings: 0 });
    return this.#signals.length - 1;
  }

  beginLife(): void {
    this.#life = { silent: new Set(this.loggedRules), firstNumber: this.#signals.length, reached: new Map() };
  }

  /** @returns milliseconds that it was behind the signals */
  endLife(): number {
    const delay = this.listens ? this.#signals.at(-1)!.at - this.reached : 0;
    this.longestDelay = Math.max(this.longestDelay, delay);
    this.settle();
    this.#life = undefined;
    return delay;
  }

  /** Expects everything that must have fired in this life by now. */
  settle(): void {
    const life = this.#life;
    if (life?.listensSince === undefined) return;
    const { reached } = this;
    for (let number = life.firstNumber; number < this.#signals.length; number += 1) {
      const signal = this.#signals[number]!;
      if (signal.at > reached - certainty) break;
      if (signal.at > life.listensSince + certainty) signal.isExpected = true;
      life.firstNumber = number + 1;
    }
  }

  /** A line of the log tells the firing. */
  fired(number: number): void {
    const signal = this.#signals[number];
    if (!signal || !this.loggedRules.includes(signal.rule)) {
      this.#strangers += 1;
      return;
    }
    signal.firings += 1;
    const life = this.#life!;
    if (number < life.firstNumber) return;
    life.reached.set(signal.rule, Math.max(life.reached.get(signal.rule) ?? 0, signal.at));
    life.silent.delete(signal.rule);
    if (life.silent.size === 0) life.listensSince ??= this.clock.boottime();
  }

  /** A message tells the firing. */
  delivered(rule: string, number: number, key: string): void {
    const signal = this.#signals[number];
    if (signal?.rule !== rule) {
      this.#strangers += 1;
      return;
    }
    this.#deliveries += 1;
    signal.keys = (signal.keys ?? new Set()).add(key);
    signal.firings = signal.keys.size;
  }

  /** Whether messages that have to come have not come yet. */
  get awaitsMessages(): boolean {
    return this.figures().lost.some((signal) => this.deliveredRules.includes(signal.split(' ')[0]!));
  }

  figures(): FiringFigures {
    const lost: string[] = [];
    const duplicated = Array.from({ length: this.#strangers }, () => 'a firing of what was never sent');
    let [expected, fired, uncertain, keys] = [0, 0, 0, 0];
    for (const [number, { rule, isExpected, firings, keys: ofSignal }] of this.#signals.entries()) {
      fired += firings;
      keys += ofSignal?.size ?? 0;
      if (!isExpected) uncertain += 1;
      if (firings > 1) duplicated.push(`${rule} ${number}`);
      if (this.countedRules.has(rule) || !isExpected) continue;
      expected += 1;
      if (firings === 0) lost.push(`${rule} ${number}`);
    }
    for (const [rule, size] of this.countedRules) expected += this.#checkCount(rule, size, lost, duplicated);
    return {
      sent: this.#signals.length,
      expected,
      fired,
      lost,
      duplicated,
      uncertain,
      repeatedDeliveries: this.#deliveries - keys,
    };
  }

  /**
   * A rule that fires on each `size`-th signal: a firing comes at the latest with so many signals that were certainly received
   * since the one before, and not before so many were sent.
   * @returns how many firings there had to be
   */
  #checkCount(rule: string, size: number, lost: string[], duplicated: string[]): number {
    let [expected, certain, possible] = [0, 0, 0];
    for (const [number, signal] of this.#signals.entries()) {
      if (signal.rule !== rule) continue;
      possible += 1;
      if (signal.isExpected) certain += 1;
      const hasFired = signal.firings > 0;
      if (!hasFired && certain < size) continue;
      if (!hasFired) lost.push(`${rule} ${number}`);
      else if (possible < size) duplicated.push(`${rule} ${number}`);
      expected += 1;
      certain = possible = 0;
    }
    return expected;
  }
}
