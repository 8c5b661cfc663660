import { sessionBus, Message, type interface as service, type MessageBus } from 'dbus-next';
import { simulatorError } from '../errors.js';

/** One host daemon's connection to the private bus: objects are exported first, then the well-known name is taken. */
export class ServiceConnection {
  private constructor(private readonly bus: MessageBus) {}

  /** @throws DeviceError `BUS_CONNECTION_FAILED` */
  static async open(address: string): Promise<ServiceConnection> {
    // dbus-next lets only the session bus take an address; the protocol is the same.
    const bus = sessionBus({ busAddress: address });
    const connected = new Promise<void>((resolve, reject) => {
      bus.once('connect', resolve);
      bus.once('error', reject);
    });
    // The daemon is killed under its services on purpose; what the socket says of it is no news.
    bus.on('error', () => undefined);
    try {
      await connected;
    } catch (cause) {
      throw simulatorError('BUS_CONNECTION_FAILED', `No connection to ${address}.`, { cause });
    }
    return new ServiceConnection(bus);
  }

  export(path: string, exported: service.Interface): void {
    this.bus.export(path, exported);
  }

  async own(name: string): Promise<void> {
    await this.bus.requestName(name, 0);
  }

  /** Resolves once the daemon has handed on everything sent before: it serves one connection in order. */
  async flush(): Promise<void> {
    await this.bus.call(
      new Message({
        destination: 'org.freedesktop.DBus',
        path: '/org/freedesktop/DBus',
        interface: 'org.freedesktop.DBus',
        member: 'GetId',
      }),
    );
  }

  close(): void {
    this.bus.disconnect();
  }
}
