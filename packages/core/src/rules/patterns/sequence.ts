import { defer, filter, map, merge, type Observable } from 'rxjs';
import type { Duration } from '../../clock/duration.js';
import type { EventOccurrence } from '../../streams/stream-hub.js';
import { statesByKey, type Match, type PatternContext } from './match.js';

/** How far a sequence has come: the latest start of one that matched so many elements, and the event that took it there. */
interface Progress {
  readonly startedAt: number;
  /** Only compared with others, so the event need not stay. Missing in what was kept from before the engine's start. */
  readonly by?: WeakRef<EventOccurrence>;
  /** What stood here before; the same event must not take two steps of one sequence. */
  readonly previous?: Progress;
}

/**
 * Passes on the event that completes the sequence: each source in order, the last within the window of the first. Events in
 * between do not disturb it, and of several starts the latest counts.
 */
export function sequenceEachKey(
  context: PatternContext,
  place: string,
  sources: readonly Observable<Match>[],
  within: Duration,
): Observable<Match> {
  return defer(() => {
    const records = context.records(place, within);
    const reached = statesByKey<(Progress | undefined)[]>(context, within, (_, key) => records.forget(key));
    records.restore((key, starts) => {
      const steps = (starts as readonly (number | null)[]).map((at) => (at === null ? undefined : { startedAt: at }));
      reached.use(key, () => steps);
    });
    context.shows(place, reached, (steps) => {
      const last = steps.findLastIndex((step) => step && context.now() - step.startedAt <= within.milliseconds);
      return last === -1 ? undefined : `${last + 1} of ${sources.length} within ${within}`;
    });
    const numbered = sources.map((source, element) => source.pipe(map((match) => ({ match, element }))));
    return merge(...numbered).pipe(
      filter(({ match: { key, occurrence }, element }) => {
        const steps = reached.use(key, () => [])!;
        const startedAt = element === 0 ? context.earliest() : before(steps[element - 1], occurrence)?.startedAt;
        if (startedAt === undefined || context.now() - startedAt > within.milliseconds) return false;
        const previous = steps[element];
        steps[element] = {
          startedAt,
          by: new WeakRef(occurrence),
          ...(previous && { previous: withoutPrevious(previous) }),
        };
        const isComplete = element === sources.length - 1;
        if (isComplete) reached.remove(key);
        else
          records.keep(
            key,
            Array.from(steps, (step) => step?.startedAt ?? null),
          );
        return isComplete;
      }),
      map(({ match }) => match),
    );
  });
}

function before(progress: Progress | undefined, occurrence: EventOccurrence): Progress | undefined {
  return progress?.by?.deref() === occurrence ? progress.previous : progress;
}

function withoutPrevious({ startedAt, by }: Progress): Progress {
  return { startedAt, ...(by && { by }) };
}
