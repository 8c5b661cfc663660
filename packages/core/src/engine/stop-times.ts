import { Duration } from '../clock/duration.js';

/**
 * A container has 10 s between SIGTERM and SIGKILL, and a stop is through within 8: its last second is for the black box,
 * the ledger and the end of the process. Each time counts from the beginning of the stop.
 */
export const stopTimes = {
  /** What rules that listen to `stop`, under `on` or `until`, may take until all others are stopped, too. */
  farewell: Duration.parse('4s'),
  /** What rules may take to release holds and do `finally`; when other plugins take over after a reload, too. */
  rules: Duration.parse('6s'),
  /** What deliveries, streams and plugins may take until the engine ends without them. */
  plugins: Duration.parse('7s'),
  /** What the black box and the ledger may take until the process ends without them. */
  records: Duration.parse('7300ms'),
};
