import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const configuration = (socket: string, limits: string): string => `<busconfig>
  <type>system</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  ${limits}
  <policy context="default">
    <allow user="*"/><allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
    <deny send_interface="org.example.Forbidden"/>
  </policy>
</busconfig>`;

/** A real dbus-daemon with a socket of its own, which may be killed and started again. */
export class PrivateBus {
  private daemon: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly socket: string,
  ) {}

  /** `limits` are further elements of the daemon's configuration, see dbus-daemon(1). */
  static async start(limits = ''): Promise<PrivateBus> {
    const folder = await mkdtemp(join(tmpdir(), 'devicerc-bus-'));
    const bus = new PrivateBus(folder, join(folder, 'system_bus_socket'));
    await writeFile(join(folder, 'bus.conf'), configuration(bus.socket, limits));
    await bus.run();
    return bus;
  }

  get address(): string {
    return `unix:path=${this.socket}`;
  }

  /** Resolves once the daemon accepts connections. */
  async run(): Promise<void> {
    const daemon = spawn(
      'dbus-daemon',
      [`--config-file=${join(this.folder, 'bus.conf')}`, '--nofork', '--nopidfile', '--print-address'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    this.daemon = daemon;
    await once(daemon.stdout, 'data');
  }

  /** As a crash does it: nobody is told. */
  async kill(): Promise<void> {
    const daemon = this.daemon;
    if (!daemon) return;
    this.daemon = undefined;
    const ended = once(daemon, 'exit');
    daemon.kill('SIGKILL');
    await ended;
    await rm(this.socket, { force: true });
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
