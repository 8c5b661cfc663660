import { DeviceError, Duration, type ActionContext, type PowerControlAvailability } from '@devicerc/core';
import type { BusClient } from '../bus/bus-client.js';
import { theBus, type MethodCall } from '../bus/message.js';

/** Those of org.freedesktop.systemd1(5) and of org.freedesktop.login1(5) bear the same names. */
export type PowerMethod = 'Reboot' | 'PowerOff';

export const logind = {
  destination: 'org.freedesktop.login1',
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.login1.Manager',
} as const;

/** The first argument of logind's methods: whether it may ask a person for a password. */
const isInteractive = false;

export function logindCall(member: PowerMethod): MethodCall {
  return { ...logind, member, signature: 'b', args: [isInteractive] };
}

/** Neither systemd nor the bus has to live long enough to answer a call that takes them down. */
const acceptedBy: readonly string[] = ['DBUS_DISCONNECTED', 'DBUS_PEER_GONE'];

/**
 * Makes a call that takes the machine down; a bus that goes away meanwhile has accepted it.
 * Rejects with the errors of {@link BusClient.call}.
 */
export async function callHost(
  bus: BusClient,
  call: MethodCall,
  { signal, log }: Pick<ActionContext, 'signal' | 'log'>,
): Promise<void> {
  try {
    await bus.call(call, { signal });
  } catch (error) {
    if (!(error instanceof DeviceError) || !acceptedBy.includes(error.code)) throw error;
    log.info(`The bus went down with ${call.member}: the machine is on its way.`);
  }
}

/** Codes after which a call did certainly not reach the service, or found no such method there. */
export const unreachable: readonly string[] = [
  'DBUS_UNAVAILABLE',
  'DBUS_OVERLOADED',
  'DBUS_SERVICE_UNKNOWN',
  'DBUS_MEMBER_UNKNOWN',
];

/** For the way to the bus and its answer: less than the core gives a control to say whether it is available. */
const patience = Duration.parse('5s');

/** Whether a service is there, or, where the bus can start it, could be. Nothing is started by it. */
export async function availabilityOf(
  bus: BusClient,
  service: string,
  { isStarted, signal }: { readonly isStarted: boolean; readonly signal: AbortSignal },
): Promise<PowerControlAvailability> {
  const question = { ...theBus, member: 'NameHasOwner', signature: 's', args: [service] };
  const [isOwned] = await bus.call(question, { signal, timeout: patience });
  if (isOwned === true || (!isStarted && (await bus.isActivatable(service)))) return { available: true };
  return { available: false, reason: `${service} is not on the system bus` };
}
