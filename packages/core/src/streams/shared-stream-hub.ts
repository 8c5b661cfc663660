import { EMPTY, Observable, Subscription } from 'rxjs';
import type { Clock, Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { Logger } from '../diagnostics/logger.js';
import { FieldSet } from '../schemas/field-set.js';
import { canonicalKey } from './canonical-key.js';
import type { Reading } from './reading.js';
import { SharedEvents } from './shared-events.js';
import { notReadYet, SharedState, type StateReader } from './shared-state.js';
import type { EventStream, StateStream, StreamDescription } from './stream.js';
import {
  StreamHub,
  type EventOccurrence,
  type EventSelector,
  type StateSource,
  type StreamReference,
  type StreamStatus,
} from './stream-hub.js';
import { identityOf, type StreamIdentity } from './stream-identity.js';
import { StreamObservers, type StreamObserver } from './stream-observer.js';
import type { SourceSurroundings } from './supervised-source.js';

/** How long the streams have after a gap to say how things are now. */
const catchUpTime = Duration.parse('10s');

/** A stream of a started plugin. */
export interface ProvidedStream {
  readonly description: StreamDescription;
  readonly instance: EventStream | StateStream;
  readonly plugin: string;
}

/** How what the streams tell gets to others than their listeners. */
export interface StreamObservation {
  readonly observers: readonly StreamObserver[];
  /** Takes every secret out of a text. */
  readonly mask: (text: string) => string;
}

/** Holds what is open now: one source for each stream and distinct set of parameters. */
export class SharedStreamHub extends StreamHub {
  readonly #events = new Map<string, SharedEvents>();
  readonly #states = new Map<string, SharedState>();
  readonly #surroundings: SourceSurroundings;
  #isHeld = false;
  #closed = false;

  constructor(
    private readonly resolve: (name: string) => ProvidedStream | undefined,
    private readonly clock: Clock,
    log: Logger,
    random: () => number = Math.random,
    private readonly observation: StreamObservation = { observers: [], mask: (text) => text },
  ) {
    super();
    this.#surroundings = { clock, log, random, observer: new StreamObservers(observation.observers, log) };
  }

  override state(reference: StreamReference): StateSource {
    const provided = this.#provided(reference.stream, 'state');
    const key = keyOf(reference);
    const present = (): SharedState | undefined => this.#states.get(key);
    const sourceOf = (fields: FieldSet): StateSource => {
      const reader: StateReader = { fields, unread: notReadYet(this.clock.boottime()) };
      return {
        get reading(): Reading {
          return present()?.readingFor(reader) ?? reader.unread;
        },
        sample: () => present()?.sampleFor(reader) ?? reader.unread,
        changes: new Observable((follower) => {
          if (this.#closed) return EMPTY.subscribe(follower);
          return (present() ?? this.#openState(key, reference, provided)).changesFor(reader).subscribe(follower);
        }),
        only: (...paths) => sourceOf(paths.length === 0 ? FieldSet.all : new FieldSet(paths)),
      };
    };
    return sourceOf(FieldSet.all);
  }

  override listen(selector: EventSelector, listener: (occurrence: EventOccurrence) => void): Subscription {
    const provided = this.#provided(selector.stream, 'event');
    if (this.#closed) return Subscription.EMPTY;
    const key = keyOf(selector);
    const shared = this.#events.get(key) ?? this.#openEvents(key, selector, provided);
    return shared.listen(selector.match, listener);
  }

  override identify(reference: StreamReference): StreamIdentity {
    return identityOf(reference, this.resolve(reference.stream)?.description, this.observation.mask);
  }

  override status(): readonly StreamStatus[] {
    return this.#all.map((shared) => shared.status());
  }

  override async catchUp(): Promise<void> {
    const { clock } = this;
    let deadline!: Timer;
    const isLate = new Promise<void>((resolve) => {
      deadline = clock.schedule(catchUpTime.milliseconds, resolve, 'reading streams again');
    });
    const states = [...this.#states.values()].map((state) => state.readAgain(isLate));
    await Promise.all([...states, ...[...this.#events.values()].map((events) => events.catchUp(isLate))]);
    deadline.cancel();
  }

  /**
   * From now on events wait and no source is closed, until the returned function is called: for when listeners and readers
   * change one after the other. Each event is heard by those who are there in the end, once, and what they read stays open.
   */
  hold(): () => void {
    this.#isHeld = true;
    for (const shared of this.#all) shared.hold();
    return () => {
      this.#isHeld = false;
      for (const shared of this.#all) shared.release();
    };
  }

  /** Closes every source; listeners hear nothing more and `changes` completes. */
  close(): void {
    this.#closed = true;
    for (const shared of this.#all) shared.close();
    this.#events.clear();
    this.#states.clear();
  }

  get #all(): readonly (SharedEvents | SharedState)[] {
    return [...this.#events.values(), ...this.#states.values()];
  }

  #openState(key: string, reference: StreamReference, { description, instance, plugin }: ProvidedStream): SharedState {
    const name = { ...identityOf(reference, description, this.observation.mask), plugin };
    const onIdle = (): void => void this.#states.delete(key);
    const shared = new SharedState(name, instance as StateStream, this.#surroundings, onIdle);
    if (this.#isHeld) shared.hold();
    this.#states.set(key, shared);
    return shared;
  }

  #openEvents(
    key: string,
    reference: StreamReference,
    { description, instance, plugin }: ProvidedStream,
  ): SharedEvents {
    const name = { ...identityOf(reference, description, this.observation.mask), plugin };
    const onIdle = (): void => void this.#events.delete(key);
    const shared = new SharedEvents(name, instance as EventStream, this.#surroundings, onIdle);
    if (this.#isHeld) shared.hold();
    this.#events.set(key, shared);
    return shared;
  }

  #provided(name: string, kind: 'event' | 'state'): ProvidedStream {
    const provided = this.resolve(name);
    if (!provided) throw coreError('STREAM_UNKNOWN', `There is no stream "${name}".`);
    if (provided.description.kind !== kind) {
      throw coreError('STREAM_KIND_WRONG', `"${name}" is not a stream of kind ${kind}.`);
    }
    return provided;
  }
}

function keyOf({ stream, parameters }: StreamReference): string {
  return `${stream} ${canonicalKey(parameters)}`;
}
