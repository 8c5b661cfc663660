import type { Firing } from './firing.js';
import type { Admission, Refused } from './admission.js';
import type { Stage } from './stages.js';

/** What a level trigger asks of its rule, and reports to it. */
export interface LevelObserver {
  fire(firing: Firing): Admission;
  refused(admission: Refused): void;
  /** Why a reboot or shutdown of the stage would be refused at this moment, or not even come about. */
  obstacle(stage: Stage): Pick<Refused, 'detail' | 'allowedAt'> | undefined;
  episodeEnded(): void;
  /** The condition failed to evaluate, or, with undefined, evaluates again. */
  fault(error: unknown): void;
  changed(): void;
}
