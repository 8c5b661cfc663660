import { BehaviorSubject, Subscription } from 'rxjs';
import type { Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { BoundedQueue } from './bounded-queue.js';
import { DispatchIndex, type MatchValues } from './dispatch-index.js';
import type { EventStream } from './stream.js';
import type { EventOccurrence, StreamStatus } from './stream-hub.js';
import type { StreamIdentity } from './stream-identity.js';
import { reasonOf, SupervisedSource, type SourceSurroundings } from './supervised-source.js';

/** Events that wait while an earlier one is being delivered; more than these drop the oldest. */
const queueCapacity = 10_000;
/** How long an event stream that cannot tell gets after a gap to deliver what waited for it. */
const settlingTime = Duration.parse('1s');
/** Deliveries after which a burst makes room for the rest of the process: at least, when a turn is due, and at most. */
const shortestBurst = 100;
const longestBurst = 10_000;

interface Member {
  readonly listener: (occurrence: EventOccurrence) => void;
  /** Number of the last event that was delivered before it joined; it hears only later ones. */
  readonly joinedAfter: number;
}

/** A shared source, and the plugin that brings it. */
export interface SharedName extends StreamIdentity {
  readonly plugin: string;
}

/**
 * One open event source and its listeners. It is opened in a microtask after the first listener came, so that all that
 * join in the same turn hear its first events and are known to it from the start.
 */
export class SharedEvents {
  readonly #index = new DispatchIndex<Member>();
  readonly #queue = new BoundedQueue<unknown>(queueCapacity);
  readonly #interest = new BehaviorSubject<readonly MatchValues[]>([]);
  readonly #source: SupervisedSource<unknown>;
  readonly #deliverToMember = (member: Member): void => this.#tell(member);
  #members = 0;
  #sequence = 0;
  #delivering = false;
  #interestIsDue = true;
  #isHeld = false;
  #isOpen = false;
  #closed = false;
  #resumption: Timer | undefined;
  #event: unknown;
  #occurrence: EventOccurrence | undefined;

  constructor(
    private readonly name: SharedName,
    private readonly instance: EventStream,
    private readonly surroundings: SourceSurroundings,
    private readonly onIdle: () => void,
  ) {
    const { stream, parameters, plugin } = name;
    this.#source = new SupervisedSource(
      { stream, parameters, plugin },
      () => instance.open(name.parameters, this.#interest),
      { next: (event) => this.#accept(event), fault: () => undefined },
      surroundings,
    );
    queueMicrotask(() => this.#open());
  }

  listen(match: MatchValues, listener: (occurrence: EventOccurrence) => void): Subscription {
    const member: Member = { listener, joinedAfter: this.#sequence };
    if (this.#index.add(match, member)) this.#interestChanged();
    this.#members++;
    return new Subscription(() => this.#leave(match, member));
  }

  /**
   * Resolves when what had waited for the source is delivered, as far as the stream can tell.
   * @param isLate resolves when it is time to go on without
   */
  catchUp(isLate: Promise<void>): Promise<void> {
    return Promise.race([this.#caughtUp(), isLate]);
  }

  /** Events that come wait; the source is neither opened nor closed, and hears of no change of its listeners. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Those who listen now hear what waited; their source is opened as by the first listener. */
  release(): void {
    this.#isHeld = false;
    if (this.#closed) return;
    if (this.#members === 0) return this.#endUnused();
    queueMicrotask(() => {
      this.#open();
      if (this.#interestIsDue) this.#tellInterest();
    });
    if (!this.#delivering && !this.#resumption) this.#drain();
  }

  close(): void {
    this.#closed = true;
    this.#resumption?.cancel();
    this.#source.stop();
    this.#interest.complete();
  }

  status(): StreamStatus {
    const { stream, parameters } = this.name;
    const fault = this.#source.fault;
    return {
      stream,
      parameters,
      kind: 'event',
      subscribers: this.#members,
      events: this.#sequence,
      dropped: this.#queue.dropped,
      restarts: this.#source.restarts,
      ...(fault !== undefined && { fault }),
    };
  }

  async #caughtUp(): Promise<void> {
    const { clock } = this.surroundings;
    try {
      if (this.instance.catchUp) await this.instance.catchUp(this.name.parameters);
      else await clock.sleep(settlingTime, `events of ${this.name.stream} that waited`);
    } catch {
      // A source that is out of reach has nothing to deliver; it says so itself.
    }
    while (this.#queue.length > 0 && !this.#closed) await clock.sleep(Duration.zero, 'events that waited');
  }

  #leave(match: MatchValues, member: Member): void {
    if (this.#index.remove(match, member)) this.#interestChanged();
    this.#members--;
    if (this.#members === 0 && !this.#closed && !this.#isHeld) this.#endUnused();
  }

  #endUnused(): void {
    this.close();
    this.onIdle();
  }

  #open(): void {
    if (this.#isHeld || this.#isOpen || this.#closed) return;
    this.#isOpen = true;
    this.#tellInterest();
    this.#source.start();
  }

  /** The listeners of one turn are told to the source as one change. */
  #interestChanged(): void {
    if (this.#interestIsDue) return;
    this.#interestIsDue = true;
    queueMicrotask(() => this.#tellInterest());
  }

  #tellInterest(): void {
    if (this.#isHeld) return;
    this.#interestIsDue = false;
    if (!this.#closed) this.#interest.next(this.#index.patterns);
  }

  /** An event that a listener causes waits until the present one is delivered to all. */
  #accept(event: unknown): void {
    if (this.#delivering || this.#isHeld || this.#queue.length > 0) this.#queue.push(event);
    else this.#deliver(event);
    if (!this.#delivering && !this.#resumption) this.#drain();
  }

  #drain(): void {
    const { clock } = this.surroundings;
    for (let delivered = 0; this.#queue.length > 0 && !this.#closed && !this.#isHeld; delivered++) {
      const isTurnDue = delivered >= shortestBurst && clock.isTurnDue();
      if (isTurnDue || delivered === longestBurst) return this.#resumeLater();
      this.#deliver(this.#queue.shift());
    }
  }

  #resumeLater(): void {
    const resume = (): void => {
      this.#resumption = undefined;
      this.#drain();
    };
    this.#resumption = this.surroundings.clock.schedule(0, resume, `deliver the rest of ${this.name.stream}`);
  }

  #deliver(event: unknown): void {
    this.#delivering = true;
    this.#sequence++;
    this.#event = event;
    this.#occurrence = undefined;
    this.#index.visit(event, this.#deliverToMember);
    this.#delivering = false;
  }

  /** Made for the first listener: an event that concerns nobody costs nothing more than its look-up. */
  #newOccurrence(): EventOccurrence {
    const { clock, observer } = this.surroundings;
    const occurrence = { stream: this.name.stream, event: this.#event, at: clock.boottime() };
    observer.event(this.name, occurrence);
    return occurrence;
  }

  #tell(member: Member): void {
    if (member.joinedAfter >= this.#sequence) return;
    this.#occurrence ??= this.#newOccurrence();
    try {
      member.listener(this.#occurrence);
    } catch (error) {
      const { stream, plugin } = this.name;
      this.surroundings.log.error(`A listener of ${stream} failed: ${reasonOf(error)}`, { stream, plugin });
    }
  }
}
