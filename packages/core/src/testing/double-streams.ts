import { filter, map, merge, Observable, Subject, type Subscriber } from 'rxjs';
import { Duration } from '../clock/duration.js';
import type { Clock } from '../clock/clock.js';
import type { StreamReference } from '../streams/stream-hub.js';
import { canonicalKey } from '../streams/canonical-key.js';
import { lost } from '../streams/reading.js';
import type { EventStream, Interest, StateStream, StreamDescription } from '../streams/stream.js';
import type { Backlog } from '../streams/backlog.js';
import type { Readings } from './readings.js';
import { isPlain } from './sample-value.js';

/** Streams of the core that touch nothing but time and the engine itself: they stay as they are. */
const realStreams = new Set(['custom', 'schedule', 'start', 'stop', 'boot', 'rule']);
/** State streams of the core that change with the time alone: which field does, and how often a real device reads it. */
const timeFields: Readonly<Record<string, { readonly field: string; readonly every: Duration }>> = {
  device: { field: 'uptime', every: Duration.parse('30s') },
  clock: { field: 'time', every: Duration.parse('10s') },
};

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
  /** Whether a condition of the file in force may name the field. */
  readonly isRead: (field: string) => boolean;
  readonly bootId: string;
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
    if (description.kind === 'state') return this.#state(description.name);
    const real = realStreams.has(description.name) ? (own() as EventStream) : undefined;
    return {
      open: (parameters: unknown, interest: Interest<unknown>) => {
        const emitted = this.#emitted({ stream: description.name, parameters });
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

  #state(stream: string): StateStream {
    return {
      open: (parameters) =>
        new Observable((follower) => {
          const wait = this.surroundings.readyAt - this.surroundings.clock.boottime();
          if (wait <= 0) return this.#followed({ stream, parameters }).subscribe(follower);
          follower.next(lost('the device has just started'));
          return this.#later(wait, { stream, parameters }, follower);
        }),
      ...(stream in timeFields && { sample: (_parameters: unknown, value: unknown) => this.#live(stream, value) }),
    };
  }

  #later(wait: number, reference: StreamReference, follower: Subscriber<unknown>): () => void {
    const begin = (): void => void follower.add(this.#followed(reference).subscribe(follower));
    const timer = this.surroundings.clock.schedule(wait, begin, `first reading of ${reference.stream}`);
    return () => timer.cancel();
  }

  #followed(reference: StreamReference): Observable<unknown> {
    const key = canonicalKey(reference.parameters);
    const named = [...this.surroundings.states()].find(
      ([, state]) => state.stream === reference.stream && canonicalKey(state.parameters) === key,
    );
    const { readings: present, backlog } = this.surroundings;
    const readings = present.follow(named?.[0] ?? reference.stream).pipe(backlog.received());
    const time = timeFields[reference.stream];
    if (!time) return readings;
    const isRead = this.surroundings.isRead(time.field);
    return isRead
      ? this.#repeated(reference.stream, readings, time.every)
      : readings.pipe(map((emission) => this.#live(reference.stream, emission)));
  }

  /** As its real stream does: read again and again, as long as there is something to read. */
  #repeated(stream: string, readings: Observable<unknown>, every: Duration): Observable<unknown> {
    return new Observable((follower) => {
      const { clock } = this.surroundings;
      let latest: unknown;
      const tell = (): void => follower.next(this.#live(stream, latest));
      const tick = (): void => {
        timer = clock.schedule(every.milliseconds, tick, `reading of ${stream}`);
        if (isPlain(latest)) tell();
      };
      let timer = clock.schedule(every.milliseconds, tick, `reading of ${stream}`);
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

  /** With what goes by itself: uptime and the boot's id, the calendar. */
  #live(stream: string, value: unknown): unknown {
    if (!isPlain(value)) return value;
    const { clock, bootId } = this.surroundings;
    if (stream === 'clock') return { ...value, time: new Date(clock.wall().milliseconds) };
    return { ...value, uptime: Duration.ofMilliseconds(clock.boottime()), bootId };
  }
}
