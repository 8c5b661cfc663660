import { type Observable, Subject } from 'rxjs';
import type { Clock, Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { RuleTransition } from '../rules/rule-standing.js';
import type { RunTrace } from '../rules/trace.js';
import type { StreamIdentity } from '../streams/stream-identity.js';
import type { StreamObserver } from '../streams/stream-observer.js';
import type { EngineChange } from './engine-view.js';

/** How long changes are collected. */
const interval = Duration.parse('250ms');
/** What is listed of one interval. */
const mostListed = 1_000;

/** Collects what changes, each thing once in an interval, as long as somebody wants to know. */
export class ChangeFeed implements StreamObserver {
  readonly #batches = new Subject<readonly EngineChange[]>();
  readonly #collected = new Map<string, EngineChange>();
  #timer: Timer | undefined;

  /** @param mask takes every secret out of a text */
  constructor(
    private readonly clock: Clock,
    private readonly mask: (text: string) => string,
  ) {}

  get changes(): Observable<readonly EngineChange[]> {
    return this.#batches;
  }

  engine(): void {
    this.#add('engine', () => ({ kind: 'engine' }));
  }

  transition({ rule, key, to }: RuleTransition): void {
    const about = key === undefined ? rule : `${rule} ${key}`;
    this.#add(`rule ${about}`, () => ({
      kind: 'rule',
      rule,
      ...(key !== undefined && { key: this.mask(key) }),
      state: to,
    }));
  }

  traced({ id, rule, outcome }: RunTrace): void {
    this.#add(`run ${id}`, () => ({ kind: 'run', run: id, rule, ...(outcome !== undefined && { outcome }) }));
  }

  event({ text }: StreamIdentity): void {
    this.#add(`stream ${text}`, () => ({ kind: 'stream', stream: text }));
  }

  reading({ text }: StreamIdentity): void {
    this.#add(`stream ${text}`, () => ({ kind: 'stream', stream: text }));
  }

  dispose(): void {
    this.#timer?.cancel();
    this.#deliver();
    this.#batches.complete();
  }

  #add(thing: string, change: () => EngineChange): void {
    if (!this.#batches.observed) return;
    if (this.#collected.has(thing) || this.#collected.size < mostListed) this.#collected.set(thing, change());
    else this.#collected.set('more', { kind: 'more' });
    this.#timer ??= this.clock.schedule(interval.milliseconds, () => this.#deliver(), 'changes of the engine');
  }

  #deliver(): void {
    this.#timer = undefined;
    const changes = [...this.#collected.values()].map((change) => Object.freeze(change));
    this.#collected.clear();
    if (changes.length > 0) this.#batches.next(Object.freeze(changes));
  }
}
