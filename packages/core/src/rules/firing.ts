import { Duration } from '../clock/duration.js';
import type { JsonValue } from '../ledger/ledger.js';
import type { SecretSeal } from '../ledger/secret-seal.js';

/** What asks for a run. */
export interface Firing {
  /** In words: `when true for 10m`, `event custom`. */
  readonly cause: string;
  /** Index of the stage whose steps are wanted. */
  readonly stage: number;
  /** Payload of the event; undefined unless the rule has `on`. */
  readonly trigger?: unknown;
  /** Why the payload cannot be read any more: it was put on record with a secret that is gone. */
  readonly triggerFault?: unknown;
  /** How long the condition had held, and since when by the wall clock; level rules only. */
  readonly heldFor: Duration;
  readonly since?: Date;
}

/** A firing as the ledger keeps it. */
export interface FiringRecord {
  readonly cause: string;
  readonly stage: number;
  /** As typed JSON; secrets are sealed. */
  readonly trigger?: JsonValue;
  /** Milliseconds. */
  readonly heldFor: number;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly since?: number;
}

export function recordOfFiring({ cause, stage, trigger, heldFor, since }: Firing, seal: SecretSeal): FiringRecord {
  return {
    cause,
    stage,
    heldFor: heldFor.milliseconds,
    ...(trigger !== undefined && { trigger: seal.sealValue(trigger) }),
    ...(since && { since: since.getTime() }),
  };
}

export function firingOfRecord({ cause, stage, trigger, heldFor, since }: FiringRecord, seal: SecretSeal): Firing {
  return {
    cause,
    stage,
    heldFor: Duration.ofMilliseconds(heldFor),
    ...(trigger !== undefined && openedTrigger(trigger, seal)),
    ...(since !== undefined && { since: new Date(since) }),
  };
}

function openedTrigger(trigger: JsonValue, seal: SecretSeal): Pick<Firing, 'trigger' | 'triggerFault'> {
  try {
    return { trigger: seal.openValue(trigger) };
  } catch (triggerFault) {
    return { triggerFault };
  }
}
