import type { Clock } from '../clock/clock.js';
import type { BootRecord } from './boot-record.js';
import { Ledger, type Durability, type JsonValue } from './ledger.js';

/** A ledger that lives as long as its process: for dry runs, and where there is no state folder. Its only boot is this one. */
export class MemoryLedger extends Ledger {
  readonly #scopes = new Map<string, Map<string, JsonValue>>();

  /** @param durability what it answers; tests of what rests on a durable record let it say so */
  constructor(
    private readonly clock: Clock,
    override readonly durability: Durability = { durable: false, reason: 'it is kept in memory' },
  ) {
    super();
  }

  override get boots(): readonly [BootRecord] {
    return [{ number: 1, id: 'memory', startedAt: 0, seenFor: this.clock.boottime(), stopped: false }];
  }

  override get watchedUntil(): undefined {
    return undefined;
  }

  override read(scope: string, key: string): JsonValue | undefined {
    return this.#scopes.get(scope)?.get(key);
  }

  override entries(scope: string): ReadonlyMap<string, JsonValue> {
    return new Map(this.#scopes.get(scope));
  }

  override scopes(): readonly string[] {
    return [...this.#scopes.keys()];
  }

  /** The value is copied, as it would be by a disk: changing it afterwards changes nothing here. */
  override write(scope: string, key: string, value: JsonValue): void {
    const records = this.#scopes.get(scope) ?? new Map<string, JsonValue>();
    this.#scopes.set(scope, records.set(key, structuredClone(value)));
  }

  override remove(scope: string, key: string): void {
    const records = this.#scopes.get(scope);
    records?.delete(key);
    if (records?.size === 0) this.#scopes.delete(scope);
  }

  override commit(): Promise<void> {
    return Promise.resolve();
  }

  override deviceTime(): number {
    return this.clock.boottime();
  }

  override keepWatch(): () => void {
    return () => {};
  }

  /** There is no former boot. */
  override endFormerBoot(): void {}
}
