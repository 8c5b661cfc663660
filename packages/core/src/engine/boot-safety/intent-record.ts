/**
 * What became of an intent. `happened`: the machine came back with a new boot. `blocked`: the call failed or was not made.
 * `lost`: the machine did not go down by the deadline.
 */
export type IntentOutcome = 'happened' | 'blocked' | 'lost';

/** A power control that was asked to take the machine down. */
export interface AskedControl {
  readonly control: string;
  /** `unreachable`: the request did certainly not arrive. Missing while nothing is known, and where the machine went down. */
  readonly outcome?: 'unreachable' | 'blocked' | 'lost';
}

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
  /** Boottime in milliseconds by which the machine has to be down; missing while a request is being made. */
  readonly deadline?: number;
  /** Missing while it is under way. */
  readonly outcome?: IntentOutcome;
  /** The power controls that were asked, each on record before it was; the latest last. Missing for an action that asks none. */
  readonly asked?: readonly AskedControl[];
  /** Another power control is left, which is asked when the last one is lost. */
  readonly goesOn?: true;
  /** Why, in words, for `blocked`. */
  readonly detail?: string;
}

export type SettledIntent = IntentRecord & { readonly outcome: IntentOutcome };
