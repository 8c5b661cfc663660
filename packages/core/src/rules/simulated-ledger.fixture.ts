import type { Clock } from '../clock/clock.js';
import type { BootEnd, BootRecord } from '../ledger/boot-record.js';
import { Ledger, type Durability, type JsonValue } from '../ledger/ledger.js';
import type { MachineLedger } from './machine-ledger.fixture.js';

type Scopes = ReadonlyMap<string, ReadonlyMap<string, JsonValue>>;

const signInterval = 20_000;

/**
 * A ledger that outlives engines and boots of a simulated machine, and is as unhelpful as the port allows: signs of life come
 * every 20 s and only while somebody holds a watch, and a power cut takes everything that was not committed.
 */
export class SimulatedLedger extends Ledger implements MachineLedger {
  readonly present = this;
  override readonly durability: Durability = { durable: true };
  /** Counts writes and removals. */
  changes = 0;
  #scopes = new Map<string, Map<string, JsonValue>>();
  #committed: Scopes = new Map();
  #boots: [...BootRecord[], BootRecord] = [{ number: 1, id: 'boot-1', startedAt: 0, seenFor: 0, stopped: false }];
  #watches = 0;
  #watchedFrom = 0;
  #lastSign: number | undefined;
  #watchedUntil: number | undefined;

  constructor(private clock: Clock) {
    super();
  }

  override get boots(): readonly [...BootRecord[], BootRecord] {
    return this.#boots;
  }

  override get watchedUntil(): number | undefined {
    return this.#watchedUntil;
  }

  /** How many hold a watch. */
  get watches(): number {
    return this.#watches;
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

  /** Only what JSON can say survives, as on a disk. */
  override write(scope: string, key: string, value: JsonValue): void {
    this.changes += 1;
    const records = this.#scopes.get(scope) ?? new Map<string, JsonValue>();
    this.#scopes.set(scope, records.set(key, JSON.parse(JSON.stringify(value)) as JsonValue));
  }

  override remove(scope: string, key: string): void {
    this.changes += 1;
    const records = this.#scopes.get(scope);
    records?.delete(key);
    if (records?.size === 0) this.#scopes.delete(scope);
  }

  override commit(): Promise<void> {
    this.#committed = structuredClone(this.#scopes);
    return Promise.resolve();
  }

  override endBoot(number: number, end: BootEnd): void {
    const boots = this.#boots.map((boot) => (boot.number === number ? { ...boot, end } : boot));
    this.#boots = boots as [...BootRecord[], BootRecord];
  }

  override close(): Promise<void> {
    return this.commit();
  }

  override deviceTime(): number {
    return this.#boots.at(-1)!.startedAt + this.clock.boottime();
  }

  override keepWatch(): () => void {
    if (this.#watches === 0) this.#watchedFrom = this.deviceTime();
    this.#watches += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#sign();
      this.#watches -= 1;
    };
  }

  stopped(): Promise<void> {
    this.#lastSign = this.deviceTime();
    this.#watches = 0;
    return Promise.resolve();
  }

  restarted(clock: Clock): void {
    this.#sign();
    this.#watches = 0;
    this.#watchedUntil = this.#lastSign;
    this.clock = clock;
  }

  rebooted(clock: Clock, { isPowerCut }: { readonly isPowerCut: boolean }): void {
    this.#sign();
    const last = this.#boots.at(-1)!;
    const until = isPowerCut ? Math.max(this.#lastSign ?? 0, last.startedAt) : this.deviceTime();
    if (isPowerCut) this.#scopes = structuredClone(this.#committed) as Map<string, Map<string, JsonValue>>;
    const number = last.number + 1;
    const ended = { ...last, seenFor: until - last.startedAt };
    const present = { number, id: `boot-${number}`, startedAt: until, seenFor: 0, stopped: false };
    this.#boots = [...this.#boots.slice(0, -1), ended, present];
    this.#watches = 0;
    this.#watchedUntil = undefined;
    this.clock = clock;
  }

  #sign(): void {
    if (this.#watches === 0) return;
    const watched = this.deviceTime() - this.#watchedFrom;
    this.#lastSign = this.#watchedFrom + watched - (watched % signInterval);
  }
}
