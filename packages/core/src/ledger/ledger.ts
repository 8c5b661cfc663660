export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * The small record behind timers, limits and intents. Records live under a scope (the meaning of one rule, for example)
 * and a key. Writes are gathered; `commit` resolves when everything written so far would survive a power cut.
 */
export abstract class Ledger {
  abstract read(scope: string, key: string): JsonValue | undefined;
  abstract entries(scope: string): ReadonlyMap<string, JsonValue>;
  abstract write(scope: string, key: string, value: JsonValue): void;
  abstract remove(scope: string, key: string): void;
  abstract commit(): Promise<void>;

  /** Device time in milliseconds: the sum of the uptimes of all boots, unaffected by the wall clock. */
  abstract deviceTime(): number;
}
