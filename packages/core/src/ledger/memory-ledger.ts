import type { Clock } from '../clock/clock.js';
import type { BootRecord } from './boot-record.js';
import { Ledger, type Durability, type JsonValue } from './ledger.js';
import { Records } from './records.js';

/** A ledger that lives as long as its process: for dry runs, in shadow, and where there is no state folder. Its only boot is this one. */
export class MemoryLedger extends Ledger {
  readonly #records = new Records();

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
    return this.#records.read(scope, key);
  }

  override entries(scope: string): ReadonlyMap<string, JsonValue> {
    return this.#records.entries(scope);
  }

  override scopes(): readonly string[] {
    return this.#records.scopes();
  }

  override write(scope: string, key: string, value: JsonValue): void {
    this.#records.write(scope, key, value);
  }

  override remove(scope: string, key: string): void {
    this.#records.remove(scope, key);
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

  override endBoot(): void {}

  override close(): Promise<void> {
    return Promise.resolve();
  }
}
