import 'reflect-metadata';
import { injectable } from 'inversify';
import type { Observable } from 'rxjs';
import type { Duration } from '../clock/duration.js';
import type { Requirement } from '../host/requirement.js';
import type { FieldSet } from '../schemas/field-set.js';
import type { z } from '../schemas/schema.js';
import type { Lost, Partly, Stale } from './reading.js';

/**
 * What the rules that listen now ask for: one entry of match values for each different pattern. A stream may narrow
 * its subscription at the source with it (a D-Bus match rule, a udev filter), or ignore it: the core filters anyway.
 */
export type Interest<Match> = Observable<readonly Partial<Match>[]>;

/**
 * The fields of a state that rules and people read now, beginning with those at the opening; never none. A stream that
 * costs something for each field may open the sources of these only, as `combineFields` does. One that does not subscribe to it is
 * taken to read everything.
 *
 * Each value that is emitted counts as read for all fields of the latest interest, and for no others. So after each change,
 * emit again as soon as all of them are read, even if nothing differs. A value that was asked for before the change, or comes
 * before all are read, is emitted as `partly(value, fields)` and counts for these alone: rules that read others wait for them.
 */
export type StateInterest = Observable<FieldSet>;

/**
 * A source of events: something happened. One instance serves all subscriptions; `open` is called once for each
 * different set of parameters, and unsubscribed after the last listener left. An error, a throw and an end are faults of the
 * plugin: the stream is opened again after 1 s, doubling up to 60 s. Events that wait behind one that is being delivered are
 * kept up to 10,000; then the oldest is dropped and counted.
 */
export interface EventStream<Parameters = unknown, Event = unknown, Match = unknown> {
  /** @param parameters by the stream's schema, with its defaults */
  open(parameters: Parameters, interest: Interest<Match>): Observable<Event>;

  /**
   * Resolves when all is emitted that the source had sent before the call: after a gap in which the process did not run, it
   * may wait in a socket. Left out: the core waits for a second.
   * @param parameters of the open stream that is meant
   */
  catchUp?(parameters: Parameters): Promise<void>;
}

/** The `catchUp` of streams whose events arise in this process: nothing of them can wait outside. */
export const nothingWaits = (): Promise<void> => Promise.resolve();

/**
 * A source of state: something is. Each emission is the new value, with quality `ok`; emit {@link lost} when the source
 * is out of reach, {@link stale} when it is late. An error, a throw and an end count as `lost` too, and the core opens the
 * stream again after 1 s, doubling up to 60 s.
 *
 * `open` begins with the present value. After a gap in which the process did not run, it is called once more, and the
 * former subscription ends when the new one has emitted.
 */
export interface StateStream<Parameters = unknown, Value = unknown> {
  /** @param parameters by the stream's schema, with its defaults */
  open(parameters: Parameters, interest: StateInterest): Observable<Value | Partly<Value> | Lost | Stale>;

  /**
   * The value at this instant, for streams that would otherwise have to emit all the time, such as `device.uptime`. Asked only
   * while the quality is `ok`; when it throws, that one reading is `lost`.
   */
  sample?(parameters: Parameters, latest: Value): Value;
}

/** What the core, the file's checks, the editor and the reference page know of a stream. */
export interface StreamDescription<
  Kind extends 'event' | 'state' = 'event' | 'state',
  Parameters extends z.ZodType = z.ZodType,
  Value extends z.ZodType = z.ZodType,
  Match extends z.ZodObject = z.ZodObject,
> {
  /** The name in the file: `clock`, `dbus.signal`. */
  readonly name: string;
  readonly kind: Kind;
  /** One sentence for the reference page and the editor. */
  readonly summary: string;
  /** What `open` takes; streams with equal parameters are shared. Left out: none. */
  readonly parameters?: Parameters;
  /**
   * Fields of the event that a pattern may fix by equality (all optional). They are indexed: an event costs only the
   * rules that it concerns. Only for streams of kind event.
   */
  readonly match?: Match;
  /** The type of an event or of a state; a function when it depends on the parameters. */
  readonly value: Value | ((parameters: z.output<Parameters>) => z.ZodType);
  /** What it needs of its container, for `devicerc doctor`; default nothing. */
  readonly requires?: readonly Requirement[];
  /**
   * Whether its events come of nothing but the time and the engine itself, as those of `schedule` do: `devicerc test` then uses it as
   * it is. Default false: in a test its events are those that the test emits. Only for streams of kind event.
   */
  readonly internal?: boolean;
  /**
   * Fields of a state that change with the time alone, as `device.uptime` does, and how often the stream reads them. `sample`
   * gives them, also in `devicerc test`, where no service is started and the other fields are those of the test.
   */
  readonly timed?: {
    readonly fields: readonly string[];
    readonly every: (parameters: z.output<Parameters>) => Duration;
  };
}

const descriptions = new WeakMap<object, StreamDescription>();

type StreamClass<Instance> = new (...dependencies: never[]) => Instance;

/** Declares a class as an event stream. The class is injectable; its constructor gets what it asks for by type. */
export function eventStream<
  Parameters extends z.ZodType = z.ZodType<Record<string, never>>,
  Value extends z.ZodType = z.ZodType,
  Match extends z.ZodObject = z.ZodObject,
>(description: Omit<StreamDescription<'event', Parameters, Value, Match>, 'kind' | 'timed'>) {
  return (target: StreamClass<EventStream<z.output<Parameters>, z.output<Value>, z.output<Match>>>): void =>
    describe(target, { ...description, kind: 'event' } as StreamDescription);
}

/** Declares a class as a state stream. The class is injectable; its constructor gets what it asks for by type. */
export function stateStream<
  Parameters extends z.ZodType = z.ZodType<Record<string, never>>,
  Value extends z.ZodType = z.ZodType,
>(description: Omit<StreamDescription<'state', Parameters, Value>, 'kind' | 'match' | 'internal'>) {
  return (target: StreamClass<StateStream<z.output<Parameters>, z.output<Value>>>): void =>
    describe(target, { ...description, kind: 'state' } as StreamDescription);
}

function describe(target: StreamClass<unknown>, description: StreamDescription): void {
  injectable()(target as never);
  descriptions.set(target, description);
}

export function streamDescriptionOf(target: object): StreamDescription | undefined {
  return descriptions.get(target);
}
