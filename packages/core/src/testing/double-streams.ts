import { filter, map, merge, Observable, Subject, switchMap } from 'rxjs';
import type { Duration } from '../clock/duration.js';
import type { Clock } from '../clock/clock.js';
import type { StreamReference } from '../streams/stream-hub.js';
import { canonicalKey } from '../streams/canonical-key.js';
import { lost } from '../streams/reading.js';
import type { EventStream, Interest, StateInterest, StateStream, StreamDescription } from '../streams/stream.js';
import type { Backlog } from '../streams/backlog.js';
import type { Readings } from './readings.js';
import { isPlain } from './sample-value.js';

/** One event of a test; without parameters whoever listens to the stream hears it. */
export interface EmittedEvent {
  readonly stream: string;
  readonly parameters?: unknown;
  readonly event: unknown;
}

/** What the streams of one engine stand on. */
export interface StreamSurroundings {
  readonly clock: Clock;
  readonly readings: Readings;
  /** What comes to the engine goes through here. */
  readonly backlog: Backlog;
  /** The state streams of the file in force, by the names of its expressions. */
  readonly states: () => ReadonlyMap<string, StreamReference>;
  /** Boottime in milliseconds before which nothing can be read, as after a boot. */
  readonly readyAt: number;
}

/** The streams of a simulated device: readings and events come from the test, by the schemas of the plugins. */
export class DoubleStreams {
  readonly #events = new Subject<EmittedEvent>();

  constructor(private readonly surroundings: StreamSurroundings) {}

  /** Delivers one event to whoever listens. */
  emit(event: EmittedEvent): void {
    this.surroundings.backlog.deliver(() => this.#events.next(event));
  }

  double(description: StreamDescription, own: () => EventStream | StateStream): EventStream | StateStream {
    return description.kind === 'state'
      ? this.#state(description, own as () => StateStream)
      : this.#eventStream(description, own as () => EventStream);
  }

  #eventStream({ name, internal }: StreamDescription, own: () => EventStream): EventStream {
    const real = internal ? own() : undefined;
    return {
      open: (parameters: unknown, interest: Interest<unknown>) => {
        const emitted = this.#emitted({ stream: name, parameters });
        return real ? merge(real.open(parameters, interest), emitted) : emitted;
      },
      catchUp: () => new Promise((resolve) => this.surroundings.backlog.deliver(resolve)),
    };
  }

  #emitted({ stream, parameters }: StreamReference): Observable<unknown> {
    const key = canonicalKey(parameters);
    return this.#events.pipe(
      filter((emitted) => emitted.stream === stream),
      filter((emitted) => !('parameters' in emitted) || canonicalKey(emitted.parameters) === key),
      map(({ event }) => event),
    );
  }

  #state({ name: stream, timed }: StreamDescription, own: () => StateStream): StateStream {
    if (!timed) return { open: (parameters) => this.#whenReady(stream, this.#readings({ stream, parameters })) };
    /** The value with what goes by itself. */
    const sample = (parameters: unknown, value: unknown): unknown => {
      const live = isPlain(value) && own().sample?.(parameters, value);
      if (!isPlain(live)) return value;
      return { ...(value as object), ...Object.fromEntries(timed.fields.map((field) => [field, live[field]])) };
    };
    return {
      open: (parameters, interest) => {
        const readings = this.#readings({ stream, parameters });
        const live = (value: unknown): unknown => sample(parameters, value);
        return this.#whenReady(stream, this.#timed(readings, live, timed.fields, timed.every(parameters), interest));
      },
      sample,
    };
  }

  /** After a boot, nothing can be read for a moment. */
  #whenReady(stream: string, readings: Observable<unknown>): Observable<unknown> {
    return new Observable((follower) => {
      const { clock, readyAt } = this.surroundings;
      const wait = readyAt - clock.boottime();
      if (wait <= 0) return readings.subscribe(follower);
      follower.next(lost('the device has just started'));
      const begin = (): void => void follower.add(readings.subscribe(follower));
      const timer = clock.schedule(wait, begin, `first reading of ${stream}`);
      return () => timer.cancel();
    });
  }

  #readings({ stream, parameters }: StreamReference): Observable<unknown> {
    const key = canonicalKey(parameters);
    const named = [...this.surroundings.states()].find(
      ([, state]) => state.stream === stream && canonicalKey(state.parameters) === key,
    );
    const { readings, backlog } = this.surroundings;
    return readings.follow(named?.[0] ?? stream, stream).pipe(backlog.received());
  }

  /** As its real stream does: read again and again, as long as something that changes with the time is read. */
  #timed(
    readings: Observable<unknown>,
    live: (value: unknown) => unknown,
    fields: readonly string[],
    every: Duration,
    interest: StateInterest,
  ): Observable<unknown> {
    return interest.pipe(
      switchMap((read) =>
        fields.some((field) => read.includes(field))
          ? this.#repeated(readings, live, every)
          : readings.pipe(map((emission) => live(emission))),
      ),
    );
  }

  #repeated(readings: Observable<unknown>, live: (value: unknown) => unknown, every: Duration): Observable<unknown> {
    return new Observable((follower) => {
      const { clock } = this.surroundings;
      let latest: unknown;
      const tell = (): void => follower.next(live(latest));
      const tick = (): void => {
        timer = clock.schedule(every.milliseconds, tick, 'reading of what changes with the time');
        if (isPlain(latest)) tell();
      };
      let timer = clock.schedule(every.milliseconds, tick, 'reading of what changes with the time');
      const subscription = readings.subscribe((emission) => {
        latest = emission;
        tell();
      });
      return () => {
        timer.cancel();
        subscription.unsubscribe();
      };
    });
  }
}
