import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { simulatorError } from '../errors.js';

const usualPrograms = ['dbus-daemon', '/usr/bin/dbus-daemon'] as const;

/** A dbus-daemon of its own on a socket of its own: what a container sees of its host's system bus. */
export class PrivateBus {
  private constructor(
    /** For `DBUS_SYSTEM_BUS_ADDRESS`. */
    readonly address: string,
    private readonly daemon: ChildProcess,
  ) {}

  /**
   * Starts a daemon whose socket is `system_bus_socket` in the folder; resolves once it listens.
   * @param programs where the daemon may be; the first that exists is taken
   * @throws DeviceError `BUS_DAEMON_MISSING`, `BUS_DAEMON_FAILED`
   */
  static async start(folder: string, programs: readonly string[] = usualPrograms): Promise<PrivateBus> {
    const socket = join(folder, 'system_bus_socket');
    const configuration = join(folder, 'bus.conf');
    await writeFile(configuration, daemonConfiguration(socket));
    for (const program of programs) {
      const daemon = spawn(program, [`--config-file=${configuration}`, '--nofork', '--nopidfile', '--print-address'], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      if (await listens(daemon)) return new PrivateBus(`unix:path=${socket}`, daemon);
    }
    throw simulatorError('BUS_DAEMON_MISSING', 'There is no program dbus-daemon on this machine.');
  }

  /** Stops the daemon where it is: connections stay, and nothing answers on them. */
  freeze(): void {
    this.daemon.kill('SIGSTOP');
  }

  /** Ends the daemon as a power cut would: every connection drops. */
  async stop(): Promise<void> {
    if (this.daemon.exitCode !== null || this.daemon.signalCode !== null) return;
    const exited = once(this.daemon, 'exit');
    this.daemon.kill('SIGKILL');
    await exited;
  }
}

/** Whether it came up; false when the program does not exist. */
async function listens(daemon: ChildProcess): Promise<boolean> {
  let complaint = '';
  daemon.stderr!.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  return new Promise((resolve, reject) => {
    daemon.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT'
        ? resolve(false)
        : reject(simulatorError('BUS_DAEMON_FAILED', `dbus-daemon did not start: ${error.message}`, { cause: error })),
    );
    daemon.once('close', (code) =>
      reject(simulatorError('BUS_DAEMON_FAILED', `dbus-daemon ended with code ${code}: ${complaint.trim()}`)),
    );
    createInterface({ input: daemon.stdout! }).once('line', () => resolve(true));
  });
}

/** A system bus on which every user may own and call everything: there is nobody else on it. */
function daemonConfiguration(socket: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
</busconfig>
`;
}
