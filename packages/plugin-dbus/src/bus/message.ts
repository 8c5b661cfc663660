/** A method to call. Values of `args` are plain ones, see {@link ./values.ts}. */
export interface MethodCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** Types of `args`; left out: no arguments. */
  readonly signature?: string;
  readonly args?: readonly unknown[];
}

/** A signal as it arrived. */
export interface Signal {
  /** Unique name of the sender, such as `:1.7`; the bus itself sends as `org.freedesktop.DBus`. */
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature: string;
  /** Plain values, see {@link ./values.ts}. */
  readonly args: readonly unknown[];
}

/** Message types of the D-Bus specification, "Message Format". */
export const messageType = { methodCall: 1, methodReturn: 2, error: 3, signal: 4 } as const;

/** A message between its bytes and its meaning; the body is as the library reads and writes it. */
export interface WireMessage {
  readonly type: number;
  readonly serial: number;
  readonly replySerial?: number;
  readonly destination?: string;
  readonly sender?: string;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly errorName?: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
}

/** The bus itself: the one peer that is always there (D-Bus specification, "Message Bus Messages"). */
export const theBus = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;
