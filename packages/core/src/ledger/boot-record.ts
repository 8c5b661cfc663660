/** One boot of the machine, as far as the engine saw it. */
export interface BootRecord {
  /** Counts the boots that the ledger saw, from 1. */
  readonly number: number;
  /** random(4), "/proc interfaces": boot_id, made anew in each boot. */
  readonly id: string;
  /** Device time in milliseconds at the machine's boottime 0. */
  readonly startedAt: number;
  /** Milliseconds of boottime up to which the boot is known to have lasted. */
  readonly seenFor: number;
  /** Whether the engine came to its orderly stop, and has not been started again in this boot. */
  readonly stopped: boolean;
  /** How it ended, once the boot after it knows. */
  readonly end?: BootEnd;
}

/**
 * How a boot ended. `requested`: a rule asked for it, and its intent is on record. `external`: the engine was stopped in
 * order and the machine came back, so somebody else asked. `kernel-panic`: the kernel left a record in pstore.
 * `power-cut`: none of these; nothing had a chance to say good-bye.
 */
export interface BootEnd {
  readonly reason: 'requested' | 'external' | 'kernel-panic' | 'power-cut';
  /** The rule and the action, for `requested`. */
  readonly rule?: string;
  readonly action?: string;
}
