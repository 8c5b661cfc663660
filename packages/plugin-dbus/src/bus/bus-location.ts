import { stat } from 'node:fs/promises';
import { ContainerFacts, type HostEnvironment } from '@devicerc/core';

/** Where the bus of the host is, and why that one was taken; or what was tried and what to do about it. */
export type BusLocation =
  { readonly address: string; readonly why: string } | { readonly missing: string; readonly remedy: string };

/** Where balena's Supervisor mounts the bus of the host: from version 1.7.0 on, and before. */
export const mountedSocket = '/host/run/dbus/system_bus_socket';
const oldMountedSocket = '/host_run/dbus/system_bus_socket';
const standardSocket = '/run/dbus/system_bus_socket';

/**
 * The address of the host's system bus: the option, `DBUS_SYSTEM_BUS_ADDRESS`, the sockets that the Supervisor mounts, and
 * the standard one only outside of a container, where it is not the bus of the container itself.
 */
export async function locateBus(option: string | undefined, host: HostEnvironment): Promise<BusLocation> {
  if (option) return { address: option, why: "it is the plugin's option address" };
  const variable = host.variables['DBUS_SYSTEM_BUS_ADDRESS'];
  if (variable) return { address: variable, why: 'DBUS_SYSTEM_BUS_ADDRESS says so' };
  for (const path of [mountedSocket, oldMountedSocket]) {
    if (await isSocket(host.rootPath + path)) return found(host, path, 'the Supervisor mounted it here');
  }
  const container = await new ContainerFacts(host).sign();
  if (container) return { missing: missingInContainer(container), remedy: remedyFor(host) };
  if (await isSocket(host.rootPath + standardSocket)) return found(host, standardSocket, 'it is the standard one');
  return {
    missing: `there is no socket at ${[mountedSocket, oldMountedSocket, standardSocket].join(', ')}`,
    remedy: 'Start the system bus of this machine (on Debian: apt-get install dbus), or set DBUS_SYSTEM_BUS_ADDRESS.',
  };
}

/** The lines of the service in docker-compose.yml that give it the host's bus, for the Supervisor that runs here. */
export function composeLines(host: HostEnvironment): string {
  const socket = supervisorBefore(host, 1, 7) ? oldMountedSocket : mountedSocket;
  const label = supervisorBefore(host, 7, 22) ? 'io.resin.features.dbus' : 'io.balena.features.dbus';
  return `environment:\n  DBUS_SYSTEM_BUS_ADDRESS: unix:path=${socket}\nlabels:\n  ${label}: '1'`;
}

function remedyFor(host: HostEnvironment): string {
  const [, address, , label] = composeLines(host)
    .split('\n')
    .map((line) => line.trim());
  return `In docker-compose.yml, give this service the label ${label} and the environment variable ${address}.`;
}

function missingInContainer(container: string): string {
  return (
    `this is a container (${container}), DBUS_SYSTEM_BUS_ADDRESS is not set, ` +
    `and there is no socket at ${mountedSocket} or ${oldMountedSocket}`
  );
}

function found(host: HostEnvironment, path: string, why: string): BusLocation {
  return { address: `unix:path=${escapePath(host.rootPath + path)}`, why };
}

/** D-Bus specification, "Server Addresses": every byte but a few has to be escaped. */
function escapePath(path: string): string {
  const escapeByte = (byte: number): string => `%${byte.toString(16).padStart(2, '0')}`;
  return path.replace(/[^-0-9A-Za-z_/.\\]/gu, (character) => [...Buffer.from(character)].map(escapeByte).join(''));
}

export async function isSocket(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch {
    return false;
  }
}

function supervisorBefore(host: HostEnvironment, major: number, minor: number): boolean {
  const version = new ContainerFacts(host).variable('SUPERVISOR_VERSION');
  const [, foundMajor, foundMinor] = /^v?(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  if (foundMajor === undefined) return false;
  return Number(foundMajor) < major || (Number(foundMajor) === major && Number(foundMinor) < minor);
}
