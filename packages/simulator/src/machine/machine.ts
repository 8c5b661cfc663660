import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Duration, type Clock } from '@devicerc/core';
import { simulatorError } from '../errors.js';
import { rootFilesystem } from './root-filesystem.js';

const execute = promisify(execFile);

/** systemd-nspawn(1): the container asked for a reboot. */
const rebootExitCode = 133;
/** Where systemd-nspawn keeps its own files; on a disk file system a reboot of the container fails. */
const nspawnFolder = '/run/systemd/nspawn';
const consoleLines = 30;

export interface MachineOptions {
  readonly clock: Clock;
  /** Files that are put into the machine read-only, by their path in it: `/etc/systemd/system/crash.service`. */
  readonly files?: Readonly<Record<string, string>>;
  /** The uptime at which each boot begins; default 0. */
  readonly uptime?: Duration;
  /** Files and folders of this computer that the machine may read and write, by their path in it; they outlive its boots. */
  readonly shared?: Readonly<Record<string, string>>;
}

/**
 * Boots a real systemd as PID 1 in a container of its own; changes to its file system last for one boot.
 * @throws DeviceError `MACHINE_UNAVAILABLE`, `MACHINE_FAILED`
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const obstacle = await machineObstacle();
  if (obstacle) throw simulatorError('MACHINE_UNAVAILABLE', `No machine container can be started: ${obstacle}.`);
  const root = await rootFilesystem();
  const folder = await mkdtemp(join(tmpdir(), 'devicerc-machine-'));
  const machine = new Machine(options, folder, await nspawnArguments(root, folder, options));
  machine.powerOn();
  try {
    await machine.running();
  } catch (error) {
    await machine.stop();
    throw error;
  }
  return machine;
}

/** Why no machine can be started here, or undefined when it can. */
export async function machineObstacle(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'it needs root';
  for (const program of ['systemd-nspawn', 'debootstrap', 'busctl']) {
    const found = await execute(program, ['--version']).catch(() => undefined);
    if (!found) return `${program} is not installed`;
  }
  return undefined;
}

/** A booted machine. Its system bus is a socket outside of it, as a container on a device sees its host. */
export class Machine {
  #nspawn: ChildProcess | undefined;
  #stopping = false;
  #console: string[] = [];

  constructor(
    private readonly options: MachineOptions,
    private readonly folder: string,
    private readonly nspawnArguments: readonly string[],
  ) {}

  /** For `DBUS_SYSTEM_BUS_ADDRESS`. */
  get busAddress(): string {
    return `unix:path=${join(this.folder, 'dbus/system_bus_socket')}`;
  }

  /**
   * Starts nspawn, and again each time that the machine asks for a reboot; called by {@link startMachine}. A time namespace
   * gives each boot an uptime of its own (time_namespaces(7)).
   */
  powerOn(): void {
    const { clock, uptime = Duration.zero } = this.options;
    const offset = Math.ceil((uptime.milliseconds - clock.boottime()) / 1000);
    const program = ['--time', `--boottime=${offset}`, 'systemd-nspawn', ...this.nspawnArguments];
    const nspawn = spawn('unshare', program, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#nspawn = nspawn;
    for (const output of [nspawn.stdout, nspawn.stderr]) output.on('data', (chunk: Buffer) => this.#remember(chunk));
    nspawn.once('error', (error) => this.#remember(error.message));
    nspawn.once('exit', (code) => {
      if (code === rebootExitCode && !this.#stopping) this.powerOn();
    });
  }

  /** As the machine's own /proc says; undefined while it is down. */
  async bootId(): Promise<string | undefined> {
    try {
      return (await readFile(`/proc/${await this.#init()}/root/proc/sys/kernel/random/boot_id`, 'utf8')).trim();
    } catch {
      return undefined;
    }
  }

  /**
   * Resolves once systemd has finished its start-up, failed units or not.
   * @throws DeviceError `MACHINE_FAILED` after a minute, or when the machine ended
   */
  async running(): Promise<void> {
    const deadline = this.options.clock.boottime() + Duration.parse('1m').milliseconds;
    while (!/running|degraded/.test(await this.#systemState())) {
      if (this.options.clock.boottime() > deadline || this.ended) {
        throw simulatorError('MACHINE_FAILED', `The machine did not boot. Its console:\n${this.#console.join('\n')}`);
      }
      await this.options.clock.sleep(Duration.parse('50ms'), 'poll of the machine');
    }
  }

  /** Whether it was powered off. */
  get ended(): boolean {
    const { exitCode, signalCode } = this.#nspawn ?? { exitCode: null, signalCode: null };
    return signalCode !== null || (exitCode !== null && exitCode !== rebootExitCode);
  }

  /** Nothing in it has a chance to say good-bye. It can be powered on again. */
  async cutPower(): Promise<void> {
    const nspawn = this.#nspawn;
    if (nspawn?.exitCode !== null || nspawn.signalCode !== null) return;
    const exited = once(nspawn, 'exit');
    // With its PID 1 all of the machine ends (pid_namespaces(7)), and nspawn with it; killed alone, nspawn would leave it behind.
    const init = await this.#init();
    if (init === undefined) nspawn.kill('SIGKILL');
    else process.kill(init, 'SIGKILL');
    await exited;
  }

  /** Powers it off as a power cut would, and removes its folder. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.cutPower();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The process that is PID 1 in the machine. */
  async #init(): Promise<number | undefined> {
    const pid = this.#nspawn?.pid;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    return Number(children.trim().split(' ')[0]) || undefined;
  }

  async #systemState(): Promise<string> {
    const property = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'];
    const busctl = [`--address=${this.busAddress}`, '--timeout=5', 'get-property', ...property, 'SystemState'];
    return execute('busctl', busctl).then(
      ({ stdout }) => stdout,
      () => '',
    );
  }

  #remember(output: Buffer | string): void {
    this.#console = [...this.#console, ...output.toString().split('\n')].slice(-consoleLines);
  }
}

/**
 * Each option is needed: without `--register=no --keep-unit` a systemd outside is asked for a scope; without
 * `--system-call-filter=@clock` adjtimex(2) is refused, and NTPSynchronized is always false; the folder of the bus is
 * bound, not the socket, because the socket is made anew with each boot; without the overlay two machines could not
 * share one root file system.
 */
async function nspawnArguments(
  root: string,
  folder: string,
  { files = {}, shared = {} }: MachineOptions,
): Promise<readonly string[]> {
  await mkdir(join(folder, 'dbus'));
  await mkdir(join(folder, 'files'));
  await mountNspawnFolder();
  const binds = await Promise.all(
    Object.entries(files).map(async ([path, content], index) => {
      const source = join(folder, 'files', String(index));
      await writeFile(source, content);
      return `--bind-ro=${source}:${path}`;
    }),
  );
  return [
    '--quiet',
    `--directory=${root}`,
    `--machine=${folder.split('/').at(-1)!.toLowerCase()}`,
    '--volatile=overlay',
    '--boot',
    '--private-network',
    '--register=no',
    '--keep-unit',
    '--kill-signal=SIGRTMIN+3',
    '--system-call-filter=@clock',
    '--console=pipe',
    `--bind=${join(folder, 'dbus')}:/run/dbus`,
    ...binds,
    ...Object.entries(shared).map(([path, source]) => `--bind=${source}:${path}`),
  ];
}

async function mountNspawnFolder(): Promise<void> {
  await mkdir(nspawnFolder, { recursive: true });
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  if (!mounts.includes(` ${nspawnFolder} `)) await execute('mount', ['-t', 'tmpfs', 'tmpfs', nspawnFolder]);
}
