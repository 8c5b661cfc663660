/**
 * What became of an intent. `happened`: the machine came back with a new boot. `blocked`: the call failed or was not made.
 * `lost`: the machine did not go down by the deadline.
 */
export type IntentOutcome = 'happened' | 'blocked' | 'lost';

/** One call of a disruptive action, from before it is made. Plain JSON, as the ledger keeps it. */
export interface IntentRecord {
  /** Counts from 1 over all boots. */
  readonly number: number;
  readonly rule: string;
  readonly run: string;
  /** Place of the step within the rule: `then[0]`. */
  readonly step: string;
  readonly action: string;
  /** Number of the boot in which it was announced. */
  readonly boot: number;
  /** Device time in milliseconds. */
  readonly announcedAt: number;
  /** Boottime in milliseconds by which the machine has to be down; missing while the call is being made. */
  readonly deadline?: number;
  /** Missing while it is under way. */
  readonly outcome?: IntentOutcome;
  /** Why, in words, for `blocked`. */
  readonly detail?: string;
}

export type SettledIntent = IntentRecord & { readonly outcome: IntentOutcome };
