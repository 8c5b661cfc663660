import { Logger, powerControl, PowerControl, type PowerControlAvailability } from '@devicerc/core';
import { BusClient } from '../bus/bus-client.js';
import { systemBus } from '../system-bus.js';
import { systemd } from '../systemd/manager.js';
import { availabilityOf, callHost, unreachable } from './host-call.js';

/** org.freedesktop.systemd1(5). It goes down at once, whatever inhibitors there are: those are logind's. */
@powerControl({
  name: 'systemd',
  summary: 'Asks systemd on the system bus: Reboot, PowerOff.',
  rank: 20,
  unreachable,
  requires: [systemBus],
})
export class SystemdPower extends PowerControl {
  constructor(
    private readonly bus: BusClient,
    private readonly log: Logger,
  ) {
    super();
  }

  /** It is PID 1 or nobody: a bus that says that it could start it is wrong. */
  override available(signal: AbortSignal): Promise<PowerControlAvailability> {
    return availabilityOf(this.bus, systemd.destination, { isStarted: true, signal });
  }

  override reboot(signal: AbortSignal): Promise<void> {
    return callHost(this.bus, { ...systemd, member: 'Reboot' }, { signal, log: this.log });
  }

  override shutdown(signal: AbortSignal): Promise<void> {
    return callHost(this.bus, { ...systemd, member: 'PowerOff' }, { signal, log: this.log });
  }
}
