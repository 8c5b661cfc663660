import { interface as service } from 'dbus-next';
import { ServiceConnection } from './service-connection.js';

class Flags extends service.Interface {
  Announced = false;
  Silent = false;
}
Flags.configureMembers({
  properties: {
    Announced: { signature: 'b', access: service.ACCESS_READ },
    Silent: { signature: 'b', access: service.ACCESS_READ },
  },
});

/** A service with two flags: `Announced` sends PropertiesChanged with each change, `Silent` has to be read. */
export class FlagService {
  static readonly busName = 'org.example.Flags';
  static readonly path = '/org/example/Flags';

  private constructor(
    private readonly connection: ServiceConnection,
    private readonly flags: Flags,
  ) {}

  static async start(address: string): Promise<FlagService> {
    const connection = await ServiceConnection.open(address);
    const flags = new Flags(FlagService.busName);
    connection.export(FlagService.path, flags);
    await connection.own(FlagService.busName);
    return new FlagService(connection, flags);
  }

  /** Resolves when the bus has handed on what is said of it. */
  async set(isOn: boolean): Promise<void> {
    this.flags.Announced = this.flags.Silent = isOn;
    service.Interface.emitPropertiesChanged(this.flags, { Announced: isOn }, []);
    await this.connection.flush();
  }

  close(): void {
    this.connection.close();
  }
}
