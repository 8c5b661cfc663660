import { Observable } from 'rxjs';
import { coreError } from '../diagnostics/core-errors.js';
import { z } from '../schemas/schema.js';
import type { StateSource, StreamHub, StreamReference } from '../streams/stream-hub.js';
import type { MatchOf, ParametersFor, StreamClass, ValueOf } from '../streams/stream-class.js';
import { streamDescriptionOf, type StreamDescription } from '../streams/stream.js';
import type { Registry } from './registry.js';

/**
 * A stream as code sees it, typed by its class. What is read of it is shared with everybody who reads the same: it is open as
 * long as somebody subscribes. Parameters are written as in the file.
 */
export interface StreamOf<Stream> {
  /** @throws DeviceError `STREAM_KIND_WRONG` of an event stream, `STREAM_PARAMETERS_INVALID` */
  state(parameters?: ParametersFor<Stream>): StateSource<ValueOf<Stream>>;

  /**
   * The events whose match fields have these values; left out: all. Never errors, never completes.
   * @throws DeviceError `STREAM_KIND_WRONG` of a state stream, `STREAM_PARAMETERS_INVALID`
   */
  events(parameters?: ParametersFor<Stream>, match?: Partial<MatchOf<Stream>>): Observable<ValueOf<Stream>>;
}

/**
 * The injection token of a stream, of whichever plugin, for code that reads it:
 * `constructor(@inject(streamOf(FanSpeed)) private readonly fan: StreamOf<FanSpeed>)`.
 * @throws DeviceError `STREAM_UNKNOWN` when the class is not marked with @stateStream or @eventStream
 */
export function streamOf(stream: StreamClass): symbol {
  const description = streamDescriptionOf(stream);
  if (description) return tokenOf(description);
  throw coreError('STREAM_UNKNOWN', `${stream.name} is not marked with @stateStream or @eventStream.`);
}

/** What stands behind {@link streamOf} for each stream. */
export function* injectableStreams(
  registry: Registry,
  hub: () => StreamHub,
): Iterable<[symbol, () => StreamOf<unknown>]> {
  for (const { description } of registry.streams.values()) {
    yield [tokenOf(description), () => new InjectedStream(description, hub())];
  }
}

function tokenOf({ name }: StreamDescription): symbol {
  return Symbol.for(`devicerc.stream.${name}`);
}

class InjectedStream implements StreamOf<unknown> {
  constructor(
    private readonly description: StreamDescription,
    private readonly hub: StreamHub,
  ) {}

  state(parameters?: unknown): StateSource<never> {
    return this.hub.state(this.#reference(parameters)) as StateSource<never>;
  }

  events(parameters?: unknown, match: Readonly<Record<string, unknown>> = {}): Observable<never> {
    const { name, kind } = this.description;
    // At once: an error on subscription reaches nobody.
    if (kind !== 'event') throw coreError('STREAM_KIND_WRONG', `"${name}" is not a stream of kind event.`);
    const selector = { ...this.#reference(parameters), match };
    return new Observable((follower) => this.hub.listen(selector, ({ event }) => follower.next(event as never)));
  }

  #reference(parameters: unknown = {}): StreamReference {
    const { name, parameters: schema = z.strictObject({}) } = this.description;
    const parsed = schema.safeParse(parameters);
    if (parsed.success) return { stream: name, parameters: parsed.data };
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'they'}: ${message}`);
    throw coreError('STREAM_PARAMETERS_INVALID', `${name} does not take these parameters. ${faults.join('; ')}.`);
  }
}
