import { Duration, duration, z } from '@devicerc/core';

/** What may stand under `with:` beside `use: "@devicerc/plugin-dbus"`. */
export const busOptions = z.strictObject({
  address: z
    .string()
    .min(1)
    .optional()
    .describe('D-Bus address of the system bus; left out: DBUS_SYSTEM_BUS_ADDRESS, then the usual sockets.'),
  'connect-timeout': duration()
    .default(Duration.parse('10s'))
    .describe('How long connecting and authenticating may take.'),
  'call-timeout': duration()
    .default(Duration.parse('25s'))
    .describe('How long a method call may take, unless it says more; 25s as in the reference implementation.'),
  'reconnect-delay': duration()
    .default(Duration.parse('200ms'))
    .describe('Pause before the first attempt to connect again; it doubles with each further one.'),
  'reconnect-max-delay': duration().default(Duration.parse('30s')).describe('The longest pause between two attempts.'),
});

export type BusOptions = z.output<typeof busOptions>;
