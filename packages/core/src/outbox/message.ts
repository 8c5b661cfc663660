import { idempotencyKeyOf, type ActionCall, type RetryPolicy } from '../actions/action-runner.js';
import type { ActionDescription } from '../actions/action.js';
import { Duration } from '../clock/duration.js';
import type { JsonValue } from '../ledger/ledger.js';
import type { Sealed } from './secret-seal.js';

/** What is known of a message from the moment that it was accepted; it never changes. */
export interface Letter {
  /** Equal for all deliveries of it; it names run and step. */
  readonly key: string;
  /** Counts the messages that this outbox ever took: their order. */
  readonly sequence: number;
  readonly action: string;
  readonly rule: string;
  readonly run: string;
  readonly step: string;
  readonly input: Sealed;
  /** Device time in milliseconds. */
  readonly acceptedAt: number;
  /** In place of the default policy. */
  readonly retry?: RetryPolicy;
}

/** The attempts so far, as far as a limit counts them: none while the network is away. */
export interface Progress {
  readonly attempts: number;
  /** Attempts that ended with a final no. */
  readonly refusals: number;
  /** Why the last one failed; secrets are masked. */
  readonly lastError?: string;
}

/** Why a message is given up: too old, refused too often, or pushed out by newer ones. */
export type DeathReason = 'expired' | 'refused' | 'overflow';

/** Pauses of messages whose step says nothing of `retry`: 1 s growing to 5 min, a fifth of it jitter. */
const defaultRetry = {
  delay: Duration.parse('1s'),
  factor: 2,
  maxDelay: Duration.parse('5m'),
  jitter: 0.2,
};
/** Final refusals after which a message is given up. */
const refusalLimit = 5;

export function letterOf(call: ActionCall, sequence: number, input: Sealed, acceptedAt: number): Letter {
  const { action, rule, run, step, retry } = call;
  const key = idempotencyKeyOf(call);
  return { key, sequence, action, rule, run, step, input, acceptedAt, ...(retry && { retry }) };
}

export function letterToJson(letter: Letter): JsonValue {
  return JSON.parse(JSON.stringify(letter)) as JsonValue;
}

export function letterFromJson(json: JsonValue): Letter {
  const letter = json as unknown as Letter;
  if (!letter.retry) return letter;
  const { delay, maxDelay } = letter.retry as unknown as { readonly delay: string; readonly maxDelay: string };
  return {
    ...letter,
    retry: { ...letter.retry, delay: Duration.parse(delay), maxDelay: Duration.parse(maxDelay) },
  };
}

export function retryOf({ retry }: Letter): RetryPolicy {
  return retry ?? { ...defaultRetry, attempts: Infinity };
}

export function isGivenUp({ retry }: Letter, { attempts, refusals }: Progress): boolean {
  return retry ? attempts >= retry.attempts : refusals >= refusalLimit;
}

/** Whom it goes to, by the action's own account; messages of an action that cannot say so have one target. */
export function targetOf(description: ActionDescription | undefined, input: unknown): string {
  try {
    return description?.target?.(description.input.parse(input)) ?? '';
  } catch {
    return '';
  }
}
