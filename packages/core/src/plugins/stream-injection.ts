import { Observable } from 'rxjs';
import { z } from '../schemas/schema.js';
import type { StreamHub } from '../streams/stream-hub.js';
import type { StateSource } from '../streams/stream-hub.js';
import type { Registry } from './registry.js';

/** An event stream as code sees it; it is open as long as somebody subscribes. */
export interface EventSource<Event = unknown, Match = Readonly<Record<string, unknown>>> {
  /** The events whose match fields have these values; left out: all. Never errors, never completes. */
  events(match?: Partial<Match>): Observable<Event>;
}

/**
 * The injection token of a stream, for plugins that subscribe in code:
 * `constructor(@inject(streamOf('clock')) clock: StateSource)`, an {@link EventSource} for an event stream.
 * Only for streams that need no parameters; for others inject `StreamHub`.
 */
export function streamOf(name: string): symbol {
  return Symbol.for(`devicerc.stream.${name}`);
}

/** What stands behind {@link streamOf} for each stream that needs no parameters. */
export function* injectableStreams(
  registry: Registry,
  hub: () => StreamHub,
): Iterable<[symbol, () => StateSource | EventSource]> {
  for (const { description } of registry.streams.values()) {
    const parsed = (description.parameters ?? z.object({})).safeParse({});
    if (!parsed.success) continue;
    const reference = { stream: description.name, parameters: parsed.data };
    const eventSource: EventSource = {
      events: (match = {}) =>
        new Observable((follower) => hub().listen({ ...reference, match }, ({ event }) => follower.next(event))),
    };
    yield [streamOf(description.name), () => (description.kind === 'state' ? hub().state(reference) : eventSource)];
  }
}
