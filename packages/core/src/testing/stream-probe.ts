import { BehaviorSubject, defer, isObservable, type Observable, type Subscription } from 'rxjs';
import { Duration } from '../clock/duration.js';
import { eventually, type Patience } from '../clock/eventually.js';
import type { RealClock } from '../clock/real-clock.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { coreError } from '../diagnostics/core-errors.js';
import { FieldSet } from '../schemas/field-set.js';
import { z } from '../schemas/schema.js';
import { Lost, Partly, Stale } from '../streams/reading.js';
import type { Openable, ParametersFor, ValueOf } from '../streams/stream-class.js';
import { streamDescriptionOf, type StreamDescription } from '../streams/stream.js';

/** A clock that tells which timers wait. */
export type TestClock = VirtualClock | RealClock;

/** What `open` of a stream hears of those who listen. */
export type InterestOf<Stream> = Stream extends { open(parameters: never, interest: Observable<infer Wanted>): unknown }
  ? Wanted
  : never;

/** As when somebody wants everything that a stream gives. */
const everything: Readonly<Record<StreamDescription['kind'], unknown>> = { event: [{}], state: FieldSet.all };

/** Follows a stream of a plugin as the engine does, and holds it to its contract. */
export class StreamProbe<Stream extends Openable = Openable> {
  /** Values and events so far, as they were emitted. */
  readonly values: ValueOf<Stream>[] = [];
  /** How the contract was broken, in words. */
  readonly violations: string[] = [];
  /** Why the source is out of reach; undefined while it is there. */
  lost: string | undefined;
  readonly #name: string;
  readonly #interest: BehaviorSubject<unknown> | undefined;
  readonly #subscription: Subscription;
  readonly #timersBefore: readonly string[];
  #taken = 0;

  /**
   * @param stream an instance of a class that is marked with @stateStream or @eventStream
   * @param clock the clock that the stream was given: what it leaves behind there is found out
   * @param parameters as the file would give them
   * @param interest what its listeners want, such as `[{ member: 'Tick' }]`, or an Observable of that; default everything
   * @throws DeviceError `CONTRACT_BROKEN` when the class is not marked, or does not take the parameters
   */
  constructor(
    stream: Stream,
    private readonly clock: TestClock,
    parameters?: ParametersFor<Stream>,
    interest?: InterestOf<Stream> | Observable<InterestOf<Stream>>,
  ) {
    const description = streamDescriptionOf(stream.constructor);
    if (!description) {
      const { name } = stream.constructor;
      throw coreError('CONTRACT_BROKEN', `${name} is not marked with @stateStream or @eventStream.`);
    }
    const { name, kind, parameters: schema = z.object({}), value } = description;
    const parsed = schema.safeParse(parameters ?? {});
    if (!parsed.success)
      throw coreError('CONTRACT_BROKEN', `${name} does not take these parameters: ${parsed.error.message}`);
    this.#name = name;
    if (!isObservable(interest)) this.#interest = new BehaviorSubject<unknown>(interest ?? everything[kind]);
    this.#timersBefore = clock.pendingTimers;
    const source = defer(() => stream.open(parsed.data as never, (this.#interest ?? interest) as never));
    const values = typeof value === 'function' ? value(parsed.data) : value;
    this.#subscription = source.subscribe({
      next: (emission) => this.#hear(emission, values),
      error: (error: unknown) => (this.lost = error instanceof Error ? error.message : String(error)),
      complete: () => this.violations.push(`${name} ended by itself; a source lasts until it is left.`),
    });
  }

  /**
   * Waits in real time for the next value or event that was not given yet; a virtual clock stands still meanwhile.
   * @throws DeviceError `EVENTUALLY_NOT` when none comes within 10 s
   */
  async next(patience?: Patience): Promise<ValueOf<Stream>> {
    const place = this.#taken++;
    try {
      const values = await this.until(place + 1, patience);
      return values[place]!;
    } catch (error) {
      this.#taken--;
      throw error;
    }
  }

  /**
   * Waits in real time until so many values or events have come in all.
   * @returns these
   * @throws DeviceError `EVENTUALLY_NOT` when they do not come within 10 s
   */
  async until(count: number, patience?: Patience): Promise<readonly ValueOf<Stream>[]> {
    return eventually(async () => {
      // What is due at this instant is no matter of time.
      if (this.clock instanceof VirtualClock) await this.clock.advance(Duration.zero);
      if (this.values.length >= count) return this.values.slice(0, count);
      const lost = this.lost === undefined ? '' : ` It is lost: ${this.lost}.`;
      const message = `${this.#name} gave ${this.values.length} of the ${count} values that were waited for.${lost}`;
      throw coreError('EVENTUALLY_NOT', message);
    }, patience);
  }

  /** Leaves the stream; nothing of it may stay behind. @returns how the contract was broken; empty when it was kept */
  close(): readonly string[] {
    if (this.#subscription.closed) return this.violations;
    const before = this.values.length;
    this.#subscription.unsubscribe();
    this.#interest?.complete();
    // In real time the farewell to a socket may take a moment; who stops the plugin looks at what is left in the end.
    const pending = this.clock instanceof VirtualClock ? this.clock.pendingTimers : [];
    const left = pending.filter((name) => !this.#timersBefore.includes(name));
    if (left.length > 0) this.violations.push(`after it was left, timers go on: ${left.join(', ')}.`);
    if (this.values.length > before) this.violations.push('it emitted while it was left.');
    return this.violations;
  }

  #hear(emission: unknown, schema: z.ZodType): void {
    this.lost = emission instanceof Lost ? emission.reason : undefined;
    if (emission instanceof Lost || emission instanceof Stale) return;
    const value = emission instanceof Partly ? (emission.value as unknown) : emission;
    this.values.push(value as ValueOf<Stream>);
    const parsed = schema.safeParse(value);
    if (parsed.success) return;
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the value'}: ${message}`);
    this.violations.push(`${this.#name} emitted what its schema does not allow: ${faults.join('; ')}.`);
  }
}
