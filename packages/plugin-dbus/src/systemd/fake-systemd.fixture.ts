import { Variant, type Message } from 'dbus-next';
import { TestPeer, type Answer } from '../bus/test-peer.fixture.js';

const manager = { path: '/org/freedesktop/systemd1', interface: 'org.freedesktop.systemd1.Manager' };

/** As much of systemd as its Manager interface shows to a client (org.freedesktop.systemd1(5)), with one unit. */
export class FakeSystemd {
  static readonly unitPath = '/org/freedesktop/systemd1/unit/demo_2eservice';
  /** What the next job of the unit ends with; undefined: it does not end. */
  result: string | undefined = 'done';
  readonly subscribers = new Set<string>();
  readonly called: string[] = [];
  private jobs = 0;
  private peer!: TestPeer;
  properties = { LoadState: 'loaded', ActiveState: 'active', SubState: 'running', UnitFileState: 'enabled' };
  service: Record<string, string | number> = { Result: 'success', NRestarts: 0 };
  /** Called in place of the answer to Reboot and PowerOff. */
  onPower: () => Answer | undefined = () => ({});

  static async join(socket: string): Promise<FakeSystemd> {
    const systemd = new FakeSystemd();
    systemd.peer = await TestPeer.join(socket, 'org.freedesktop.systemd1', (call) => systemd.answer(call));
    return systemd;
  }

  leave(): void {
    this.peer.leave();
  }

  /** As systemd tells it: only when somebody subscribed. */
  change(type: 'Unit' | 'Service', changed: Record<string, string | number>, invalidated: string[] = []): void {
    if (this.subscribers.size === 0) return;
    this.peer.emit(FakeSystemd.unitPath, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', 'sa{sv}as', [
      `org.freedesktop.systemd1.${type}`,
      variants(changed),
      invalidated,
    ]);
  }

  reloaded(): void {
    this.peer.emit(manager.path, manager.interface, 'Reloading', 'b', [false]);
  }

  private answer(call: Message): Answer | undefined {
    this.called.push(call.member);
    switch (call.member) {
      case 'Subscribe':
        return this.subscribe(call.sender);
      case 'LoadUnit':
        return { signature: 'o', body: [FakeSystemd.unitPath] };
      case 'GetAll':
        return { signature: 'a{sv}', body: [this.propertiesOf(String(call.body[0]))] };
      case 'Reboot':
      case 'PowerOff':
        return this.onPower();
      default:
        return this.queue(call);
    }
  }

  private subscribe(sender: string): Answer {
    if (this.subscribers.has(sender)) {
      return { error: 'org.freedesktop.systemd1.AlreadySubscribed', body: ['Client is already subscribed.'] };
    }
    this.subscribers.add(sender);
    return {};
  }

  private propertiesOf(interfaceName: string): Record<string, Variant> {
    return variants(interfaceName.endsWith('.Unit') ? this.properties : this.service);
  }

  private queue(call: Message): Answer {
    const [unit] = call.body as [string];
    if (unit === 'missing.service') {
      return { error: 'org.freedesktop.systemd1.NoSuchUnit', body: ['Unit missing.service not found.'] };
    }
    const path = `/org/freedesktop/systemd1/job/${++this.jobs}`;
    // The reply and the end of the job leave in one write, as they do for a job that is over at once.
    queueMicrotask(() => {
      if (this.result === undefined) return;
      this.peer.emit(manager.path, manager.interface, 'JobRemoved', 'uoss', [this.jobs, path, unit, this.result]);
    });
    return { signature: 'o', body: [path] };
  }
}

function variants(values: Record<string, string | number>): Record<string, Variant> {
  const variant = (value: string | number): Variant => new Variant(typeof value === 'number' ? 'u' : 's', value);
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, variant(value)]));
}
