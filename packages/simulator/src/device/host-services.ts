import type { Clock } from '@devicerc/core';
import { PrivateBus } from '../bus/private-bus.js';
import { ServiceConnection } from '../bus/service-connection.js';
import { LoginService } from '../services/login.js';
import type { PowerControl } from '../services/power-control.js';
import { SystemdService } from '../services/systemd.js';
import { TimedateService, type NetworkTime } from '../services/timedate.js';
import type { UnitBehaviour } from '../services/unit.js';

export interface HostServicesOptions {
  /** Where the bus puts its socket. */
  readonly folder: string;
  readonly clock: Clock;
  readonly networkTime: NetworkTime;
  readonly units: Readonly<Record<string, UnitBehaviour>>;
  readonly power: PowerControl;
}

/** The system bus of one boot with the daemons on it, each with a connection of its own. */
export class HostServices {
  private constructor(
    readonly address: string,
    private readonly bus: PrivateBus,
    private readonly connections: readonly ServiceConnection[],
    private readonly timedate: TimedateService,
    private readonly login: LoginService,
  ) {}

  /** @throws DeviceError `BUS_DAEMON_MISSING`, `BUS_DAEMON_FAILED`, `BUS_CONNECTION_FAILED` */
  static async start({ folder, clock, networkTime, units, power }: HostServicesOptions): Promise<HostServices> {
    const bus = await PrivateBus.start(folder);
    const timedate = new TimedateService(clock, networkTime);
    const login = new LoginService(power);
    const systemdConnection = await ServiceConnection.open(bus.address);
    const timedateConnection = await ServiceConnection.open(bus.address);
    const loginConnection = await ServiceConnection.open(bus.address);
    const systemd = new SystemdService(units, power, (unit) => systemdConnection.export(unit.path, unit));
    systemdConnection.export('/org/freedesktop/systemd1', systemd);
    timedateConnection.export('/org/freedesktop/timedate1', timedate);
    loginConnection.export('/org/freedesktop/login1', login);
    await systemdConnection.own('org.freedesktop.systemd1');
    await timedateConnection.own('org.freedesktop.timedate1');
    await loginConnection.own('org.freedesktop.login1');
    const connections = [systemdConnection, timedateConnection, loginConnection];
    return new HostServices(bus.address, bus, connections, timedate, login);
  }

  setNetworkTime(time: NetworkTime): void {
    this.timedate.set(time);
  }

  /** Resolves once every answer given so far was handed on to its caller. */
  async flush(): Promise<void> {
    await Promise.all(this.connections.map((connection) => connection.flush()));
  }

  announceShutdown(): void {
    this.login.PrepareForShutdown(true);
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.close();
    await this.bus.stop();
  }
}
