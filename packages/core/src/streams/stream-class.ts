import type { Observable } from 'rxjs';
import type { Written } from '../schemas/written.js';
import type { Lost, Partly, Stale } from './reading.js';
import type { Interest } from './stream.js';

/** What classes of streams have in common, whatever their types are. */
export interface Openable {
  open(parameters: never, interest: never): Observable<unknown>;
}

/** A class that is marked with @stateStream or @eventStream. */
export type StreamClass<Stream extends Openable = Openable> = abstract new (...dependencies: never[]) => Stream;

/** The values of a state stream, or the events of an event stream, by what `open` of its class returns. */
export type ValueOf<Stream> = Stream extends { open(...given: never[]): Observable<infer Emission> }
  ? Whole<Exclude<Emission, Lost | Stale>>
  : never;

type Whole<Emission> = Emission extends Partly<infer Value> ? Value : Emission;

/** The parameters of a stream as the file would give them, by what `open` of its class takes. Its schema has the last word. */
export type ParametersFor<Stream> = Stream extends { open(): unknown }
  ? Readonly<Record<string, never>>
  : Stream extends { open(parameters: infer Parameters, interest: never): unknown }
    ? Written<Parameters>
    : never;

/** The match fields of an event stream, by the interest that `open` of its class takes. */
export type MatchOf<Stream> = Stream extends { open(parameters: never, interest: Interest<infer Match>): unknown }
  ? unknown extends Match
    ? Readonly<Record<string, unknown>>
    : Match
  : Readonly<Record<string, unknown>>;
