import type { ProbeResult, Requirement, RequirementUse } from '@devicerc/core';
import { parseAddress } from './bus/address.js';
import { composeLines, isSocket, locateBus, mountedSocket } from './bus/bus-location.js';
import type { BusOptions } from './options.js';

/** The system bus of the host, mounted into the container. */
export const systemBus: Requirement = {
  name: 'dbus-socket',
  summary: 'The system bus of the host is within reach.',
  compose: `environment:\n  DBUS_SYSTEM_BUS_ADDRESS: unix:path=${mountedSocket}\nlabels:\n  io.balena.features.dbus: '1'`,

  plugin: '@devicerc/plugin-dbus',

  async probe(host, { options }: RequirementUse): Promise<ProbeResult> {
    const location = await locateBus((options as BusOptions | undefined)?.address, host);
    if ('missing' in location) return { met: false, detail: location.missing, compose: composeLines(host) };
    try {
      const [transport] = parseAddress(location.address, host.variables);
      const path = transport && 'path' in transport.target ? transport.target.path : undefined;
      if (!path || path.startsWith('\0') || (await isSocket(path))) {
        return { met: true, detail: `${location.address}: ${location.why}` };
      }
      return { met: false, detail: `${location.why}, but ${path} is not a socket`, compose: composeLines(host) };
    } catch (error) {
      return { met: false, detail: (error as Error).message, compose: composeLines(host) };
    }
  },
};
