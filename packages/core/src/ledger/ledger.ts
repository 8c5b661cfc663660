import type { BootEnd, BootRecord } from './boot-record.js';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Whether what is written outlives the process; if not, why, in words for a log and for `status`. */
export type Durability = { readonly durable: true } | { readonly durable: false; readonly reason: string };

/** What a record has to outlive. One that ends with the power anyway, as a process does, costs no fsync. */
export type Outlives = 'power-cut' | 'process';

/**
 * The small record behind timers, limits, intents and messages that wait. Records live under a scope (the meaning of one
 * rule, for example) and a key.
 *
 * `write` and `remove` take effect for readers at once. All of one turn of the event loop reach the file together or not
 * at all, before anything that is awaited afterwards goes on, so that `kill -9` loses none of them. A power cut may lose
 * what was written after the last `commit`, but never a part of a turn, and never something older than what it keeps.
 */
export abstract class Ledger {
  /** The same object for everyone who reads a record, until it is written again: nobody may change it. */
  abstract read(scope: string, key: string): JsonValue | undefined;
  /** By their keys; the values are those of `read`. */
  abstract entries(scope: string): ReadonlyMap<string, JsonValue>;
  /** The scopes that hold a record. */
  abstract scopes(): readonly string[];
  /** @param outlives default: a power cut */
  abstract write(scope: string, key: string, value: JsonValue, outlives?: Outlives): void;
  /** Does nothing when there is no such record. */
  abstract remove(scope: string, key: string, outlives?: Outlives): void;

  /**
   * Resolves when everything written so far would survive a power cut. Calls that overlap share one fsync.
   * @throws DeviceError `LEDGER_UNWRITABLE` when it cannot be promised: what was to be announced must not be done
   */
  abstract commit(): Promise<void>;

  /** May change while the engine runs: a disk fills up, and space returns. */
  abstract get durability(): Durability;

  /**
   * Device time in milliseconds: the sum of the uptimes of all boots, unaffected by the wall clock. After a power cut it
   * goes on from the last saved value, so it may be late, but never before anything that the ledger still holds, and it
   * never runs ahead.
   */
  abstract deviceTime(): number;

  /**
   * Device time up to which the engine that ran before is known to have watched, at most the interval of its signs of life
   * too early; undefined when there was none in this boot of the machine.
   */
  abstract get watchedUntil(): number | undefined;

  /**
   * While somebody holds a watch (a `for` counts, a run waits), signs of life are saved now and then without an fsync, so
   * that the next engine knows how long nobody watched. Without a watch nothing is written.
   * @returns ends the watch; calling it twice does nothing
   */
  abstract keepWatch(): () => void;

  /** The boots of the machine that are remembered, the present one last. */
  abstract get boots(): readonly [...BootRecord[], BootRecord];

  /** Puts on record how the boot with that number ended; does nothing when it is not remembered. */
  abstract endBoot(number: number, end: BootEnd): void;

  /** The orderly stop: commits, and puts on record that the boot was stopped. What is written afterwards may be lost. */
  abstract close(): Promise<void>;
}
