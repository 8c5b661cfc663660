import type { Duration } from '../clock/duration.js';
import type { Stage } from './stages.js';

/** How far an episode has come; outside of one there is no `heldFor`. */
export interface LevelProgress {
  readonly heldFor?: Duration;
  /** While the condition is false but the episode not over yet: until it is. */
  readonly resetIn?: Duration;
  /** Why time stands still. */
  readonly obstacle?: string;
  readonly stages: readonly (Stage & { readonly hasFired: boolean; readonly dueIn?: Duration })[];
}
