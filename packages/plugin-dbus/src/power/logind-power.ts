import { Logger, powerControl, PowerControl, type PowerControlAvailability } from '@devicerc/core';
import { BusClient } from '../bus/bus-client.js';
import { systemBus } from '../system-bus.js';
import { availabilityOf, callHost, logind, logindCall, unreachable } from './host-call.js';

/** org.freedesktop.login1(5). An inhibitor or polkit may refuse it, which is a no. */
@powerControl({
  name: 'logind',
  summary: 'Asks logind on the system bus: Reboot, PowerOff.',
  rank: 30,
  unreachable,
  requires: [systemBus],
})
export class LogindPower extends PowerControl {
  constructor(
    private readonly bus: BusClient,
    private readonly log: Logger,
  ) {
    super();
  }

  override available(signal: AbortSignal): Promise<PowerControlAvailability> {
    return availabilityOf(this.bus, logind.destination, { isStarted: false, signal });
  }

  override reboot(signal: AbortSignal): Promise<void> {
    return callHost(this.bus, logindCall('Reboot'), { signal, log: this.log });
  }

  override shutdown(signal: AbortSignal): Promise<void> {
    return callHost(this.bus, logindCall('PowerOff'), { signal, log: this.log });
  }
}
