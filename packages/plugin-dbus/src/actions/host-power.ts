import { action, DeviceError, z, type Action, type ActionContext } from '@devicerc/core';
import { BusClient } from '../bus/bus-client.js';
import type { MethodCall } from '../bus/message.js';
import { systemBus } from '../system-bus.js';
import { systemd } from '../systemd/manager.js';

const logind = {
  destination: 'org.freedesktop.login1',
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.login1.Manager',
} as const;

/** Neither systemd nor the bus has to live long enough to answer a call that takes them down. */
const acceptedBy: readonly string[] = ['DBUS_DISCONNECTED', 'DBUS_PEER_GONE'];
/** An answer that says no; anything else leaves open whether the machine goes down. */
const refusedBy: readonly string[] = [
  'DBUS_SERVICE_UNKNOWN',
  'DBUS_MEMBER_UNKNOWN',
  'DBUS_ACCESS_DENIED',
  'DBUS_CALL_FAILED',
];

const input = z.strictObject({});

/**
 * Restarts the machine through systemd (Reboot, org.freedesktop.systemd1(5)); through logind where systemd refuses
 * (org.freedesktop.login1(5)). Rejects with the errors of {@link BusClient.call}; a bus that goes away meanwhile is no error.
 */
@action({
  name: 'host.reboot',
  summary: 'Reboot the machine.',
  effects: ['reboot'],
  input,
  requires: [systemBus],
})
export class HostReboot implements Action<z.output<typeof input>, void> {
  constructor(private readonly bus: BusClient) {}

  async run(_input: z.output<typeof input>, context: ActionContext): Promise<void> {
    await takeDown(this.bus, 'Reboot', context);
  }
}

/** Powers the machine off, in the same two ways and with the same errors as {@link HostReboot}. */
@action({
  name: 'host.poweroff',
  summary: 'Power the machine off; it needs a hand, or a clock, to come back.',
  effects: ['shutdown'],
  input,
  requires: [systemBus],
})
export class HostPoweroff implements Action<z.output<typeof input>, void> {
  constructor(private readonly bus: BusClient) {}

  async run(_input: z.output<typeof input>, context: ActionContext): Promise<void> {
    await takeDown(this.bus, 'PowerOff', context);
  }
}

async function takeDown(bus: BusClient, member: 'Reboot' | 'PowerOff', context: ActionContext): Promise<void> {
  try {
    await ask(bus, { ...systemd, member }, context);
  } catch (error) {
    if (!(error instanceof DeviceError) || !refusedBy.includes(error.code)) throw error;
    context.log.warn(`systemd refused ${member}, trying logind. ${error.message}`);
    const isInteractive = false;
    await ask(bus, { ...logind, member, signature: 'b', args: [isInteractive] }, context);
  }
}

async function ask(bus: BusClient, call: MethodCall, { signal, log }: ActionContext): Promise<void> {
  try {
    await bus.call(call, { signal });
  } catch (error) {
    if (!(error instanceof DeviceError) || !acceptedBy.includes(error.code)) throw error;
    log.info(`The bus went down with ${call.member}: the machine is on its way.`);
  }
}
