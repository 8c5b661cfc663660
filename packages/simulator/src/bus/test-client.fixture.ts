import { once } from 'node:events';
import { Message, sessionBus, type MessageBus } from 'dbus-next';

interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: unknown[];
}

/** A client on the simulated bus, as a test needs one. */
export class TestClient {
  readonly signals: Message[] = [];

  private constructor(private readonly bus: MessageBus) {
    bus.on(
      'message',
      (message) => void (message.sender.startsWith(':') && message.member && this.signals.push(message)),
    );
    bus.on('error', () => undefined);
  }

  static async connect(address: string): Promise<TestClient> {
    const bus = sessionBus({ busAddress: address });
    await once(bus, 'connect');
    return new TestClient(bus);
  }

  async call(call: Call): Promise<unknown> {
    const reply = await this.bus.call(new Message(call));
    return reply!.body[0];
  }

  emit(path: string, interfaceName: string, member: string, signature: string, body: unknown[]): void {
    this.bus.send(Message.newSignal(path, interfaceName, member, signature, body));
  }

  async own(name: string): Promise<void> {
    await this.bus.requestName(name, 0);
  }

  async matchAllSignals(): Promise<void> {
    await this.call({ ...busDriver, member: 'AddMatch', signature: 's', body: ["type='signal'"] });
  }

  /** Resolves once everything that was sent before has arrived. */
  async settled(): Promise<void> {
    await this.call({ ...busDriver, member: 'GetId' });
  }

  close(): void {
    this.bus.disconnect();
  }
}

const busDriver = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;

export const manager = {
  destination: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
} as const;
