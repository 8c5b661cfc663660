import type { Duration } from '../clock/duration.js';
import type { DeathReason, Letter, Progress } from './message.js';

/** One message as a list shows it. */
export interface OutboxEntry {
  readonly key: string;
  readonly action: string;
  readonly rule: string;
  /** Since it was accepted, in device time. */
  readonly age: Duration;
  readonly attempts: number;
  readonly lastError?: string;
}

export interface OutboxList {
  /** The oldest first. */
  readonly waiting: readonly (OutboxEntry & { readonly target: string })[];
  /** The last 100 that were given up, the latest last. */
  readonly dead: readonly (OutboxEntry & { readonly reason: DeathReason })[];
}

export function entryOf({ key, action, rule }: Letter, { attempts, lastError }: Progress, age: Duration): OutboxEntry {
  return { key, action, rule, age, attempts, ...(lastError !== undefined && { lastError }) };
}
