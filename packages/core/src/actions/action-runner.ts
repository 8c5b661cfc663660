import type { Backoff } from '../clock/backoff.js';
import type { Duration } from '../clock/duration.js';
import type { Effect } from './action.js';

/** Attempts, and the pauses between them. */
export interface RetryPolicy extends Backoff {
  /** All attempts, the first included. */
  readonly attempts: number;
}

export interface ActionCall {
  readonly action: string;
  /** Evaluated input; checked by the action's schema before it runs. */
  readonly input: unknown;
  /** For each attempt; default 1m. */
  readonly timeout?: Duration;
  readonly retry?: RetryPolicy;
  readonly rule: string;
  readonly run: string;
  /**
   * Place of the step in the rule, with the round where a `repeat` is around it. Run and step name one call for ever: asked
   * again with both after a restart, it is the same call, not another one.
   */
  readonly step: string;
  /** A held action runs until its signal is aborted. Default false. */
  readonly held?: boolean;
  /** Number of the first attempt, where others were made before; default 1. */
  readonly attempt?: number;
  /** Told when a pause between two attempts begins and when it ends. */
  readonly paused?: (isPaused: boolean) => void;
  readonly signal: AbortSignal;
}

/** Equal for all attempts of one call, over restarts too. */
export function idempotencyKeyOf({ run, step }: Pick<ActionCall, 'run' | 'step'>): string {
  return `${run}:${step}`;
}

/** Runs actions by name: input check, timeout, abort, retry with backoff and jitter, attribution of faults. */
export abstract class ActionRunner {
  /**
   * Aborting the signal, or a timeout, aborts the action's own signal; it then gets 5 s to clean up before it is left
   * behind. After a timeout an action that can reboot or shut down is not tried again: it may have happened.
   *
   * @returns the action's output
   * @throws DeviceError of the plugin's own table, as the action threw it
   * @throws DeviceError `ACTION_UNKNOWN`, `ACTION_INPUT_INVALID`, `ACTION_TIMEOUT`, `ACTION_FAILED`, `ACTION_ABORTED`
   */
  abstract run(call: ActionCall): Promise<unknown>;

  /** @throws DeviceError `ACTION_UNKNOWN` */
  abstract effectsOf(action: string): readonly Effect[];
}
