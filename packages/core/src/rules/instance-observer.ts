import type { Refused } from './admission.js';
import type { Firing } from './firing.js';
import type { StandingChange } from './rule-standing.js';
import type { RunOutcome } from './trace.js';

/** What an instance of a rule reports to its rule. */
export interface InstanceObserver {
  /**
   * Something that a status shows has changed.
   * @param hasRoom a run has come to rest, so that there may be room for another
   * @param ended how a run ended, if one did that does not last
   */
  changed(hasRoom: boolean, ended?: RunOutcome): void;
  /** One key of a rule with `key` came to stand otherwise. */
  keyStands(key: string, change: StandingChange): void;
  /** A firing that was queued before is refused now, when its turn has come. */
  refused(key: string, admission: Refused, firing: Firing): void;
  /** A run came to a reboot or shutdown that something stood in the way of that passes. */
  putOff(firing: Firing): void;
}
