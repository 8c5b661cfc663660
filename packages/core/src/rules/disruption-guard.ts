import type { LimitModel } from '../config/rule-model.js';
import type { DeviceError } from '../diagnostics/device-error.js';

/** What a disruptive action is about to do, and for whom. */
export interface DisruptionCall {
  readonly rule: string;
  readonly run: string;
  readonly step: string;
  readonly action: string;
  /** The default limit, for a rule that says nothing itself: it counts these calls, over all keys and rungs of the rule. */
  readonly limit?: LimitModel;
}

/** An intent that is on record. After each call exactly one of its first three methods is called, unless the process ends before. */
export interface Intent {
  /** The call was accepted: from now on it either happens or, by its deadline, was lost. */
  accepted(): void;
  /** The call was made and aborted: nobody knows whether it was accepted. */
  unanswered(): void;
  /** The call failed, or was not made: nothing will happen. */
  blocked(error: unknown): void;
  /**
   * Where the action has another way to take the machine down, in this engine or before it stopped: resolves when the way
   * that it took is lost, and the action is to be called again. Undefined where there is none, or the signal is aborted.
   * Rejects with the reason of the signal; the intent is then left to its deadline.
   */
  whenLost(signal: AbortSignal): Promise<void> | undefined;
}

/** Stands before every action that can reboot or shut down the machine. */
export abstract class DisruptionGuard {
  /**
   * Writes the intent; when it resolves, the intent survives a power cut and the action may be called, once.
   * @throws DeviceError with the reason why it must not be called now: `SAFE_MODE`, `DISRUPTION_UNDER_WAY`,
   *   `DISRUPTION_REPEATED`, `DISRUPTION_UNRECORDED`, `DISRUPTION_LIMITED`
   */
  abstract announce(call: DisruptionCall): Promise<Intent>;

  /**
   * Why the call of a disruptive action would be refused at this moment, whatever rule makes it: `SAFE_MODE`,
   * `DISRUPTION_UNDER_WAY` or `DISRUPTION_UNRECORDED`; undefined when nothing stands in its way.
   */
  abstract obstacle(action: string): DeviceError | undefined;

  /** Device times in milliseconds of the rule's announced calls that its default limit still counts, oldest first. */
  abstract callsOf(rule: string): readonly number[];
}
