import type { Subscription } from 'rxjs';
import type { Clock, Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { Bindings } from '../expressions/expression.js';
import type { FieldSet } from '../schemas/field-set.js';
import type { StateSource, StreamHub, StreamReference } from '../streams/stream-hub.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { Reading } from '../streams/reading.js';
import type { CatchUp } from './catch-up.js';

/** How long a rule that starts waits for the first readings of its streams. */
const patience = Duration.parse('10s');
/** What may wait for them. */
const mostWaiting = 1_000;

/** The fields of state streams that one rule reads. They are open from the rule's start to its end, and no others are. */
export class RuleStates {
  readonly #sources = new Map<string, StateSource>();
  readonly #subscriptions: Subscription[] = [];
  readonly #watchers = new Map<string, Set<() => void>>();
  /** What waits until the readings can be relied on. */
  #waiting: (() => void)[] = [];
  /** Until when first readings are waited for; undefined when nothing has to wait for them any more. */
  #deadline: Timer | undefined;

  /** @param onError takes what a watcher throws, so that it never reaches the stream */
  constructor(
    private readonly hub: StreamHub,
    private readonly references: ReadonlyMap<string, StreamReference>,
    private readonly clock: Clock,
    readonly catchUp: CatchUp,
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * Opens the streams behind the names that are state streams; other names are left alone. Does nothing when they are open.
   * @throws DeviceError `STREAM_UNKNOWN`
   */
  open(fields: ReadonlyMap<string, FieldSet>): void {
    if (this.#subscriptions.length > 0) return;
    for (const [name, { paths }] of fields) {
      const reference = this.references.get(name);
      if (!reference) continue;
      const source = this.hub.state(reference).only(...paths);
      this.#sources.set(name, source);
      this.#subscriptions.push(source.changes.subscribe(() => this.#notify(name)));
    }
    this.#subscriptions.push(this.catchUp.over.subscribe(() => this.#goOn()));
    if (!this.#isMissing) return;
    this.#deadline = this.clock.schedule(patience.milliseconds, () => this.#endFirstReadings(), 'first readings');
  }

  /** Calls back after each change of a reading behind these names. The returned function ends it. */
  watch(names: Iterable<string>, watcher: () => void): () => void {
    const watched = [...names].filter((name) => this.#sources.has(name));
    for (const name of watched) {
      const watchers = this.#watchers.get(name) ?? new Set();
      this.#watchers.set(name, watchers.add(watcher));
    }
    return () => watched.forEach((name) => this.#watchers.get(name)?.delete(watcher));
  }

  /**
   * The live values behind the names, taken at this instant. A stale reading counts with its last value.
   * @throws DeviceError `STREAM_LOST` when one of them is lost: a lost reading is never taken for a value
   */
  bindings(names: Iterable<string>): Record<string, unknown> {
    const bindings: Record<string, unknown> = {};
    for (const name of names) {
      const source = this.#sources.get(name);
      if (source) bindings[name] = valueOf(name, source.sample());
    }
    return bindings satisfies Bindings;
  }

  /** The readings behind the names that are state streams, taken at this instant. */
  readings(names: Iterable<string>): ReadonlyMap<string, Reading> {
    return new Map(
      [...names].flatMap((name) => {
        const source = this.#sources.get(name);
        return source ? [[name, source.sample()] as const] : [];
      }),
    );
  }

  /** Whether each stream has been read since the start and since the last gap, or has had its time. */
  get isReady(): boolean {
    return this.#deadline === undefined && !this.catchUp.isOn();
  }

  /**
   * Calls back when the states are ready, now if they are: what a rule decides at its start, or after a gap, is not to be
   * decided on streams that are about to be read. Where too much waits already, it calls back at once.
   */
  whenReady(callback: () => void): void {
    if (!this.isReady && this.#waiting.length < mostWaiting) this.#waiting.push(callback);
    else callback();
  }

  /** Resolves when the states are ready, or the signal is aborted. */
  ready(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.whenReady(resolve);
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  close(): void {
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
    this.#deadline?.cancel();
    this.#deadline = undefined;
    this.#waiting = [];
    this.#watchers.clear();
    this.#sources.clear();
  }

  get #isMissing(): boolean {
    return [...this.#sources.values()].some((source) => source.reading.quality === 'lost');
  }

  #notify(name: string): void {
    if (this.#deadline && !this.#isMissing) this.#endFirstReadings();
    for (const watcher of [...(this.#watchers.get(name) ?? [])]) this.#call(watcher);
  }

  #endFirstReadings(): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
    this.#goOn();
  }

  #goOn(): void {
    if (this.isReady) for (const callback of this.#waiting.splice(0)) this.#call(callback);
  }

  #call(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.onError(error);
    }
  }
}

/** @throws DeviceError `STREAM_LOST` */
export function valueOf(name: string, { value, quality, reason }: Reading): unknown {
  if (quality === 'lost')
    throw coreError('STREAM_LOST', `${name} is lost${reason ? `: ${reason.replace(/\.$/, '')}` : ''}.`);
  return value;
}
