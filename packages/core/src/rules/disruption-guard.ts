/** What a disruptive action is about to do, and for whom. */
export interface DisruptionCall {
  readonly rule: string;
  readonly run: string;
  readonly step: string;
  readonly action: string;
}

/** An intent that is on record; exactly one of its methods is called, unless the process ends before. */
export interface Intent {
  /** The call was accepted: from now on it either happens or, by its deadline, was lost. */
  accepted(): void;
  /** The call failed: it was blocked. */
  blocked(error: unknown): void;
}

/** Stands before every action that can reboot or shut down the machine. */
export abstract class DisruptionGuard {
  /**
   * Writes the intent; when it resolves, the intent survives a power cut and the action may be called, once.
   * @throws DeviceError with the reason why it must not be called now: safe mode, a record that is not durable, or another
   *   disruptive call under way
   */
  abstract announce(call: DisruptionCall): Promise<Intent>;
}
