import type { Observable } from 'rxjs';
import type { Duration } from '../clock/duration.js';
import type { Lost } from './reading.js';

export interface PollOptions<Value> {
  /** By which its timer is known where one is left open. */
  readonly name: string;
  /** From the end of one reading to the begin of the next. */
  readonly every: Duration;
  /** Share of a pause, 0 to 1, by which it is longer at random, so that the devices of a fleet do not ask in step. Default 0. */
  readonly jitter?: number;
  /** After each reading that failed, the pause doubles, up to this. Default `every`: it does not grow. */
  readonly longestPause?: Duration;
  /** Whenever it emits, the next reading is made at once, or right after the one that is under way. */
  readonly prompts?: Observable<unknown>;
  /**
   * Reads once; a reading needs a deadline of its own, since the next one waits for its end. What it throws makes the stream
   * lost, with the error's message as the reason.
   * @param signal aborted when nobody is subscribed any more
   */
  readonly read: (signal: AbortSignal) => Value | Lost | Promise<Value | Lost>;
}

/**
 * Reads what has to be asked again and again, as long as somebody is subscribed: for a state stream whose source does not tell
 * its changes. By constructor injection.
 */
export abstract class Poller {
  /** Reads at once, and then after each pause; never twice at the same time. Never errors, never completes. */
  abstract poll<Value>(options: PollOptions<Value>): Observable<Value | Lost>;
}
