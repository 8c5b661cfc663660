import type { SimulatedEvent } from '../device/simulated-event.js';
import { formatInstant } from './narrator.js';
import type { Expectation } from './simulation.js';

export interface Verdict {
  readonly met: boolean;
  readonly words: string;
}

/** Holds what happened against one expectation. The first boot is where the device starts, so it is not counted. */
export function judge({ event, times, between }: Expectation, events: readonly SimulatedEvent[]): Verdict {
  const seen = events.filter((candidate) => candidate.kind === event && !isFirstBoot(candidate));
  const inTime = seen.filter(({ at }) => !between || (at >= +between[0] && at <= +between[1]));
  const met = inTime.length === times && seen.length === times;
  const window = between ? ` between ${between[0]} and ${between[1]}` : '';
  const places = seen.length === 0 ? 'not at all' : `at ${seen.map(({ at }) => formatInstant(at)).join(', ')}`;
  return { met, words: `${event}: expected ${counted(times)}${window}, seen ${places}` };
}

function isFirstBoot(event: SimulatedEvent): boolean {
  return event.kind === 'booted' && event.bootCount === 1;
}

function counted(times: number): string {
  return times === 1 ? 'once' : `${times} times`;
}
