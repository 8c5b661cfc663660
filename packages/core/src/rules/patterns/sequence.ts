import { defer, filter, map, merge, type Observable } from 'rxjs';
import type { Duration } from '../../clock/duration.js';
import type { EventOccurrence } from '../../streams/stream-hub.js';
import { statesByKey, type Match, type PatternContext } from './match.js';

/** How far a sequence has come: the latest start of one that matched so many elements, and the event that took it there. */
interface Progress {
  readonly startedAt: number;
  readonly by: EventOccurrence;
  /** What stood here before; the same event must not take two steps of one sequence. */
  readonly previous?: Progress;
}

/**
 * Passes on the event that completes the sequence: each source in order, the last within the window of the first. Events in
 * between do not disturb it, and of several starts the latest counts.
 */
export function sequenceEachKey(
  context: PatternContext,
  sources: readonly Observable<Match>[],
  within: Duration,
): Observable<Match> {
  return defer(() => {
    const reached = statesByKey<(Progress | undefined)[]>(context, () => {});
    const numbered = sources.map((source, element) => source.pipe(map((match) => ({ match, element }))));
    return merge(...numbered).pipe(
      filter(({ match: { key, occurrence }, element }) => {
        const steps = reached.use(key, () => [])!;
        const startedAt = element === 0 ? context.clock.boottime() : before(steps[element - 1], occurrence)?.startedAt;
        if (startedAt === undefined || context.clock.boottime() - startedAt > within.milliseconds) return false;
        const previous = steps[element];
        steps[element] = {
          startedAt,
          by: occurrence,
          ...(previous && { previous: { startedAt: previous.startedAt, by: previous.by } }),
        };
        if (element < sources.length - 1) return false;
        reached.remove(key);
        return true;
      }),
      map(({ match }) => match),
    );
  });
}

function before(progress: Progress | undefined, occurrence: EventOccurrence): Progress | undefined {
  return progress?.by === occurrence ? progress.previous : progress;
}
