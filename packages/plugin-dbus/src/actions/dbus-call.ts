import { action, duration, z, type Action, type ActionContext } from '@devicerc/core';
import { BusClient } from '../bus/bus-client.js';
import { busName, interfaceName, memberName, objectPath } from '../bus/names.js';
import { signatureText } from '../bus/value-schema.js';
import { systemBus } from '../system-bus.js';

/** Calls that take the machine down, with or without flags: the engine has to know of a reboot before it happens. */
const disruptive = /^(?:Reboot|PowerOff|Halt|KExec|SoftReboot|Exit)(?:WithFlags)?$/;
const managers = ['org.freedesktop.systemd1.Manager', 'org.freedesktop.login1.Manager'];

const input = z
  .strictObject({
    destination: busName,
    path: objectPath,
    interface: interfaceName,
    member: memberName.describe('The method.'),
    signature: signatureText().default('').describe('D-Bus types of args, such as ss or a{sv}; empty for none.'),
    args: z.array(z.unknown()).default([]).describe('One value for each type of the signature.'),
    timeout: duration().optional().describe('How long to wait for the reply.'),
  })
  .refine((call) => !(managers.includes(call.interface) && disruptive.test(call.member)), {
    path: ['member'],
    message: 'Use device.reboot or device.shutdown, which are limited and survive a restart.',
  });

const output = z.object({ values: z.array(z.unknown()).describe('The values of the reply, in order.') });

/** Any method of any service on the bus. Rejects with the errors of {@link BusClient.call}. */
@action({
  name: 'dbus.call',
  summary: 'Call a method on the system bus and wait for its reply.',
  effects: [],
  input,
  output,
  requires: [systemBus],
})
export class DbusCall implements Action<z.output<typeof input>, z.output<typeof output>> {
  constructor(private readonly bus: BusClient) {}

  async run({ timeout, ...call }: z.output<typeof input>, { signal }: ActionContext): Promise<z.output<typeof output>> {
    return { values: [...(await this.bus.call(call, { signal, ...(timeout && { timeout }) }))] };
  }
}
