import { isDeepStrictEqual } from 'node:util';
import { BehaviorSubject, distinctUntilChanged, from, map, Observable, tap } from 'rxjs';
import { FieldSet } from '../schemas/field-set.js';
import { FieldReaders } from './field-readers.js';
import { Lost, Partly, Stale, type Quality, type Reading } from './reading.js';
import type { SharedName } from './shared-events.js';
import type { StateStream } from './stream.js';
import type { StreamStatus } from './stream-hub.js';
import { reasonOf, SupervisedSource, type SourceSurroundings } from './supervised-source.js';

/** Somebody who reads some fields of a state. */
export interface StateReader {
  readonly fields: FieldSet;
  /** What it reads until these have been read. */
  readonly unread: Reading;
}

/** What the source gave, and which fields it holds; undefined of a source that does not ask which are wanted: all. */
interface Emission {
  readonly value: unknown;
  readonly fields: FieldSet | undefined;
}

/** The latest reading, and which of its fields have been read. */
interface Known extends Pick<Emission, 'fields'> {
  readonly reading: Reading;
}

/** One open state source: its latest reading, those who follow it, and the fields that they read together. */
export class SharedState {
  readonly #changes: BehaviorSubject<Known>;
  readonly #interest = new BehaviorSubject(FieldSet.none);
  readonly #source: SupervisedSource<Emission>;
  readonly #readers = new FieldReaders();
  #known: Known;
  #emissions = 0;
  /** Whether it did not say in time how it is, after a gap. */
  #isOverdue = false;
  #telling = false;
  #interestIsDue = false;
  #isHeld = false;
  #isOpen = false;
  #closed = false;

  constructor(
    private readonly name: SharedName,
    private readonly instance: StateStream,
    private readonly surroundings: SourceSurroundings,
    private readonly onIdle: () => void,
  ) {
    this.#known = { reading: notReadYet(surroundings.clock.boottime()), fields: FieldSet.none };
    this.#changes = new BehaviorSubject(this.#known);
    const { stream, parameters, plugin } = name;
    this.#source = new SupervisedSource(
      { stream, parameters, plugin },
      () => this.#openSource(),
      {
        next: (emission) => this.#hear(emission),
        fault: (reason) => this.#degrade('lost', reason),
      },
      surroundings,
    );
  }

  /** The present reading at once, then each change. The source is open as long as somebody follows. */
  changesFor(reader: StateReader): Observable<Reading> {
    return new Observable((follower) => {
      const leave = this.#join(reader.fields);
      const readings = this.#changes.pipe(
        map((known) => readingFor(reader, known)),
        distinctUntilChanged(isSame),
      );
      follower.add(readings.subscribe(follower));
      follower.add(leave);
    });
  }

  readingFor(reader: StateReader): Reading {
    return readingFor(reader, this.#known);
  }

  /** A sample that fails is a reading of quality `lost`. */
  sampleFor(reader: StateReader): Reading {
    const reading = this.readingFor(reader);
    const { quality, value } = reading;
    if (quality !== 'ok' || !this.instance.sample) return reading;
    try {
      return { ...reading, value: this.instance.sample(this.name.parameters, value) };
    } catch (error) {
      return this.#readingOf('lost', value, `it cannot be read: ${reasonOf(error)}`);
    }
  }

  /**
   * Opens the source again and closes the former one when the new one has emitted, so that also what had waited for the
   * former one is heard.
   * @param isLate resolves when it is time to hold the last reading for lost
   */
  async readAgain(isLate: Promise<void>): Promise<void> {
    // It has been opened again, and nothing relies on it: gaps that come often must not hold up everything for its sake.
    if (this.#isOverdue) return;
    const renewed = this.#source.renew((emission) => this.#isWhole(emission));
    const isRead = await Promise.race([renewed.then(() => true), isLate.then(() => false)]);
    if (isRead) return;
    this.#isOverdue = true;
    this.#degrade('lost', 'it was not read again since the engine stood still');
  }

  /** The source is not closed, and what it reads becomes no less: those who read it change one after the other. */
  hold(): void {
    this.#isHeld = true;
  }

  /** It reads what those ask for who follow it now. */
  release(): void {
    this.#isHeld = false;
    if (this.#closed) return;
    if (this.#readers.size === 0) this.#endUnused();
    else this.#interestChanged();
  }

  close(): void {
    this.#closed = true;
    this.#source.stop();
    this.#interest.complete();
    this.#changes.complete();
  }

  status(): StreamStatus {
    const { stream, parameters } = this.name;
    const fault = this.#source.fault;
    return {
      stream,
      parameters,
      kind: 'state',
      subscribers: this.#readers.size,
      reading: shownReading(this.#known),
      events: this.#emissions,
      dropped: 0,
      restarts: this.#source.restarts,
      ...(fault !== undefined && { fault }),
    };
  }

  #join(fields: FieldSet): () => void {
    this.#readers.add(fields);
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#interest.next(fields);
      this.#source.start();
    } else if (!this.#interest.value.covers(fields)) this.#interestChanged();
    return () => {
      this.#readers.remove(fields);
      if (this.#closed || this.#isHeld) return;
      if (this.#readers.size > 0) this.#interestChanged();
      else this.#endUnused();
    };
  }

  #endUnused(): void {
    this.close();
    this.onIdle();
  }

  /** Each opening hears of the interest by itself: what it emits holds the fields that it has heard of. */
  #openSource(): Observable<Emission> {
    let fields: FieldSet | undefined;
    const interest = this.#interest.pipe(tap((wanted) => (fields = wanted)));
    return from(this.instance.open(this.name.parameters, interest)).pipe(
      map((emission) =>
        emission instanceof Partly
          ? { value: emission.value, fields: (fields ?? FieldSet.all).intersection(emission.fields) }
          : { value: emission, fields },
      ),
    );
  }

  /** The followers of one turn are made known to the source as one change. */
  #interestChanged(): void {
    if (this.#interestIsDue) return;
    this.#interestIsDue = true;
    queueMicrotask(() => this.#tellInterest());
  }

  #tellInterest(): void {
    this.#interestIsDue = false;
    if (this.#closed) return;
    const present = this.#interest.value;
    const read = this.#readers.fields;
    const wanted = this.#isHeld ? new FieldSet([...present.paths, ...read.paths]) : read;
    if (wanted.equals(present)) return;
    const { reading, fields } = this.#known;
    // What nobody reads for a while is to be read again.
    if (fields) this.#change({ reading, fields: fields.intersection(wanted) });
    this.#interest.next(wanted);
  }

  /** Whether it says of all that is read how it is now. */
  #isWhole({ value, fields }: Emission): boolean {
    return value instanceof Lost || value instanceof Stale || !fields || fields.covers(this.#interest.value);
  }

  #accept({ value, fields }: Emission): void {
    this.#emissions++;
    const { reading, fields: known } = this.#known;
    const isNew = reading.quality !== 'ok' || !isDeepStrictEqual(reading.value, value);
    if (isNew || !areEqual(fields, known))
      this.#change({ reading: isNew ? this.#readingOf('ok', value) : reading, fields });
  }

  #hear(emission: Emission): void {
    const { value } = emission;
    this.#isOverdue = false;
    if (value instanceof Lost) this.#degrade('lost', value.reason);
    else if (!(value instanceof Stale)) this.#accept(emission);
    else if (this.#known.reading.value !== undefined) this.#degrade('stale', value.reason);
  }

  #degrade(to: 'stale' | 'lost', reason: string): void {
    const { reading, fields } = this.#known;
    if (reading.quality === to && reading.reason === reason) return;
    this.#change({ reading: this.#readingOf(to, reading.value, reason), fields });
  }

  #readingOf(quality: Quality, value: unknown, reason?: string): Reading {
    const { quality: present, since } = this.#known.reading;
    return {
      value,
      quality,
      since: quality === present ? since : this.surroundings.clock.boottime(),
      ...(reason !== undefined && { reason }),
    };
  }

  /** A change that a follower causes is told after the present one, so that all end with the latest. */
  #change(known: Known): void {
    const former = this.#known;
    this.#known = known;
    const [shown, before] = [shownReading(known), shownReading(former)];
    if (!isDeepStrictEqual(shown, before)) this.surroundings.observer.reading(this.name, shown, before);
    if (this.#telling) return;
    this.#telling = true;
    while (this.#changes.value !== this.#known) this.#changes.next(this.#known);
    this.#telling = false;
  }
}

function areEqual(left: FieldSet | undefined, right: FieldSet | undefined): boolean {
  return left === right || (left !== undefined && right !== undefined && left.equals(right));
}

/** That other fields are known is no proof of these. */
function readingFor({ fields: wanted, unread }: StateReader, { reading, fields }: Known): Reading {
  return reading.quality === 'lost' || !fields || fields.covers(wanted) ? reading : unread;
}

/** Without what stands in the place of fields that nobody reads. */
function shownReading({ reading, fields }: Known): Reading {
  return fields && reading.value !== undefined ? { ...reading, value: fields.of(reading.value) } : reading;
}

/** Also when nothing has been read in both, and for the same reason. */
function isSame(left: Reading, right: Reading): boolean {
  const isUnread = left.value === undefined && right.value === undefined;
  return left === right || (isUnread && left.quality === right.quality && left.reason === right.reason);
}

/** The reading of a source that is closed or has not answered. */
export function notReadYet(since: number): Reading {
  return { value: undefined, quality: 'lost', since, reason: 'not read yet' };
}
