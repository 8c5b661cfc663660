/** What can be seen of a simulated device from outside. `at` is the simulated time since it was started, in milliseconds. */
export type SimulatedEvent = { readonly at: number } & (
  | { readonly kind: 'webhook'; readonly body: unknown }
  | { readonly kind: 'property-changed'; readonly property: string; readonly value: unknown }
  | { readonly kind: 'reboot-requested'; readonly by: string }
  | { readonly kind: 'power-off-requested'; readonly by: string }
  /** Services are being stopped: the containers end now. */
  | { readonly kind: 'shutting-down' }
  /** The bus is gone and nothing runs. */
  | { readonly kind: 'down' }
  | { readonly kind: 'booted'; readonly bootId: string; readonly bootCount: number }
);

/** One of the union without its time, for the one who raises it. */
export type SimulatedHappening = SimulatedEvent extends infer Event
  ? Event extends SimulatedEvent
    ? Omit<Event, 'at'>
    : never
  : never;
