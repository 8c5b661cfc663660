import { Duration } from '../clock/duration.js';
import type { HeldMemory } from './byte-budget.js';
import type { JsonValue } from '../ledger/ledger.js';
import { fromTypedJson, toTypedJson } from '../ledger/typed-json.js';

/** What asks for a run. */
export interface Firing {
  /** In words: `when true for 10m`, `event custom`. */
  readonly cause: string;
  /** Index of the stage whose steps are wanted. */
  readonly stage: number;
  /** Payload of the event; undefined unless the rule has `on`. */
  readonly trigger?: unknown;
  /** How long the condition had held, and since when by the wall clock; level rules only. */
  readonly heldFor: Duration;
  readonly since?: Date;
  /** Number of the boot in which it came, if it had to wait for its run: the run belongs to that boot. */
  readonly boot?: number;
  /** What it and its run hold of the memory of all rules; given back when the run is over. */
  readonly memory?: HeldMemory;
}

/** A firing as the ledger keeps it. */
export interface FiringRecord {
  readonly cause: string;
  readonly stage: number;
  readonly trigger?: JsonValue;
  /** Milliseconds. */
  readonly heldFor: number;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly since?: number;
  readonly boot?: number;
}

export function recordOfFiring({ cause, stage, trigger, heldFor, since, boot }: Firing): FiringRecord {
  return {
    cause,
    stage,
    heldFor: heldFor.milliseconds,
    ...(trigger !== undefined && { trigger: toTypedJson(trigger) }),
    ...(since && { since: since.getTime() }),
    ...(boot !== undefined && { boot }),
  };
}

export function firingOfRecord({ cause, stage, trigger, heldFor, since, boot }: FiringRecord): Firing {
  return {
    cause,
    stage,
    heldFor: Duration.ofMilliseconds(heldFor),
    ...(trigger !== undefined && { trigger: fromTypedJson(trigger) }),
    ...(since !== undefined && { since: new Date(since) }),
    ...(boot !== undefined && { boot }),
  };
}
