/** Puts each request to a power control on record before it is made; all those of one call are one intent. */
export abstract class PowerAttempts {
  /**
   * The controls that must not be asked for this call again: what came of the request is not known, or it was lost.
   * @param call its idempotency key
   */
  abstract spent(call: string): readonly string[];

  /**
   * When it resolves, the attempt survives a power cut, and the control may be asked, once.
   * @param isLast whether no other control is left to be asked, should this one be lost
   * @throws DeviceError `DISRUPTION_REPEATED`, `DISRUPTION_UNRECORDED`
   */
  abstract begin(call: string, control: string, isLast: boolean): Promise<void>;

  /** The request that was begun last did certainly not arrive, or was answered with a no: it may be made again. */
  abstract refused(call: string, how: 'unreachable' | 'blocked'): void;
}
