import type { BusClient, CallOptions } from '../bus/bus-client.js';
import { errorNameOf } from '../bus/reply-error.js';

/** The D-Bus interface of systemd, org.freedesktop.systemd1(5). */
export const systemd = {
  destination: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
} as const;

/** systemd sends signals of its units only while somebody on the bus has asked for them. */
export async function subscribeToManager(bus: BusClient, options: CallOptions): Promise<void> {
  try {
    await bus.call({ ...systemd, member: 'Subscribe' }, options);
  } catch (error) {
    if (errorNameOf(error) !== 'org.freedesktop.systemd1.AlreadySubscribed') throw error;
  }
}
