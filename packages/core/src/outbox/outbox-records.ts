import type { JsonValue, Ledger } from '../ledger/ledger.js';
import { letterFromJson, letterToJson, type DeathReason, type Letter, type Progress } from './message.js';

const waitingScope = 'outbox';
const progressScope = 'outbox-progress';
const deadScope = 'outbox-dead';
const settledScope = 'outbox-settled';

/** Messages that were given up and are kept to be looked at. */
const deadLimit = { count: 100, bytes: 1024 * 1024 };
/** Keys of messages that are through, so that a call which is asked again after a crash is known. */
const settledLimit = 1_000;

/** A message that was given up. */
export interface DeadLetter {
  readonly letter: Letter;
  readonly reason: DeathReason;
  readonly progress: Progress;
  /** Device time in milliseconds. */
  readonly diedAt: number;
}

interface Settled {
  readonly sequence: number;
  readonly delivered: boolean;
}

/** The outbox on the ledger. Nothing here waits for the disk: what must survive a power cut is committed by the caller. */
export class OutboxRecords {
  readonly #settled: Map<string, Settled>;
  readonly #dead: Map<string, DeadLetter>;

  constructor(private readonly ledger: Ledger) {
    this.#settled = new Map(bySequence(this.#entries(settledScope, (json) => json as unknown as Settled)));
    const dead = this.#entries(deadScope, (json) => {
      const stored = json as unknown as DeadLetter;
      return { ...stored, letter: letterFromJson(stored.letter as unknown as JsonValue) };
    });
    this.#dead = new Map(dead.sort(([, one], [, other]) => one.diedAt - other.diedAt));
  }

  /** In their order. */
  waiting(): readonly { readonly letter: Letter; readonly progress: Progress }[] {
    return bySequence(this.#entries(waitingScope, letterFromJson)).map(([key, letter]) => ({
      letter,
      progress: (this.ledger.read(progressScope, key) ?? { attempts: 0, refusals: 0 }) as unknown as Progress,
    }));
  }

  get dead(): readonly DeadLetter[] {
    return [...this.#dead.values()];
  }

  /** How a message that is through ended; undefined for one that is not known. */
  settled(key: string): Settled | undefined {
    return this.#settled.get(key);
  }

  /** The highest sequence number that is known; 0 without any. */
  get lastSequence(): number {
    const waiting = this.#entries(waitingScope, letterFromJson).map(([, { sequence }]) => sequence);
    return Math.max(0, ...waiting, ...[...this.#settled.values()].map(({ sequence }) => sequence));
  }

  keep(letter: Letter): void {
    this.ledger.write(waitingScope, letter.key, letterToJson(letter));
  }

  keepProgress({ key }: Letter, progress: Progress): void {
    this.ledger.write(progressScope, key, { ...progress });
  }

  delivered(letter: Letter): void {
    this.#settle(letter, true);
  }

  died(dead: DeadLetter): void {
    const { letter } = dead;
    this.#settle(letter, false);
    this.#dead.set(letter.key, dead);
    this.ledger.write(deadScope, letter.key, JSON.parse(JSON.stringify(dead)) as JsonValue);
    let bytes = this.dead.reduce((sum, { letter: kept }) => sum + sizeOf(kept), 0);
    for (const [key, { letter: oldest }] of this.#dead) {
      if (this.#dead.size <= deadLimit.count && bytes <= deadLimit.bytes) break;
      bytes -= sizeOf(oldest);
      this.#dead.delete(key);
      this.ledger.remove(deadScope, key);
    }
  }

  #settle({ key, sequence }: Letter, delivered: boolean): void {
    this.ledger.remove(waitingScope, key);
    this.ledger.remove(progressScope, key);
    const settled = { sequence, delivered };
    this.#settled.set(key, settled);
    this.ledger.write(settledScope, key, settled);
    if (this.#settled.size <= settledLimit) return;
    const oldest = this.#settled.keys().next().value!;
    this.#settled.delete(oldest);
    this.ledger.remove(settledScope, oldest);
  }

  #entries<Value>(scope: string, read: (json: JsonValue) => Value): [string, Value][] {
    return [...this.ledger.entries(scope)].map(([key, json]) => [key, read(json)]);
  }
}

/** What a message takes of the bounds: the length of its JSON. */
export function sizeOf(letter: Letter): number {
  return Buffer.byteLength(JSON.stringify(letter));
}

function bySequence<Value extends { readonly sequence: number }>(entries: [string, Value][]): [string, Value][] {
  return entries.sort(([, one], [, other]) => one.sequence - other.sequence);
}
