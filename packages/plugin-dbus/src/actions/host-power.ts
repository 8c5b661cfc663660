import { action, DeviceError, z, type Action, type ActionContext } from '@devicerc/core';
import { BusClient } from '../bus/bus-client.js';
import { callHost, logindCall, type PowerMethod } from '../power/host-call.js';
import { systemBus } from '../system-bus.js';
import { systemd } from '../systemd/manager.js';

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
  summary: 'Reboot the machine over the system bus, and in no other way.',
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
  summary: 'Power the machine off over the system bus, and in no other way; it needs a hand, or a clock, to come back.',
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

async function takeDown(bus: BusClient, member: PowerMethod, context: ActionContext): Promise<void> {
  try {
    await callHost(bus, { ...systemd, member }, context);
  } catch (error) {
    if (!(error instanceof DeviceError) || !refusedBy.includes(error.code)) throw error;
    context.log.warn(`systemd refused ${member}, trying logind. ${error.message}`);
    await callHost(bus, logindCall(member), context);
  }
}
