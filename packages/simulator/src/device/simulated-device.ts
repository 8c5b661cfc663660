import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, type Clock, type HostEnvironment } from '@devicerc/core';
import { Subject, type Observable } from 'rxjs';
import type { NetworkTime } from '../services/timedate.js';
import type { UnitBehaviour } from '../services/unit.js';
import { DeviceClock } from './device-clock.js';
import { deviceVariables } from './device-variables.js';
import { HostServices } from './host-services.js';
import { MachineFolder } from './machine-folder.js';
import type { SimulatedEvent, SimulatedHappening } from './simulated-event.js';
import { WebhookReceiver } from './webhook-receiver.js';

export interface SimulatedDeviceOptions {
  /** The time of the world that the device is in; a scaled clock makes everything on the device faster. */
  readonly clock: Clock;
  /** Where the socket and the files of the machine are put; default: a temporary folder that goes with the device. */
  readonly folder?: string;
  /** How long it has been up; default 0. */
  readonly uptime?: Duration;
  /** Default: switched on and synchronised. */
  readonly networkTime?: NetworkTime;
  /** Service units of its systemd by full name; default: those of balenaOS that applications talk to. */
  readonly units?: Readonly<Record<string, UnitBehaviour>>;
  /** From the request of a reboot until services are stopped; default 2 s. */
  readonly shutdownDelay?: Duration;
  /** From there until the next boot; default 20 s. */
  readonly downtime?: Duration;
}

const balenaUnits: Readonly<Record<string, UnitBehaviour>> = {
  'balena.service': { description: 'Balena Application Container Engine', active: true },
  'balena-supervisor.service': { description: 'Balena supervisor', active: true },
  'chronyd.service': { description: 'NTP client/server', active: true },
  'NetworkManager.service': { description: 'Network Manager', active: true },
  'openvpn.service': { description: 'OpenVPN', active: true },
};

/** @throws DeviceError `BUS_DAEMON_MISSING`, `BUS_DAEMON_FAILED`, `BUS_CONNECTION_FAILED` */
export async function startSimulatedDevice(options: SimulatedDeviceOptions): Promise<SimulatedDevice> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'devicerc-device-')));
  const device = new SimulatedDevice(options, folder);
  await device.powerOn(options.uptime ?? Duration.zero);
  return device;
}

/** A device over real sockets: a system bus with host services, a webhook receiver, and the files of its machine. */
export class SimulatedDevice {
  readonly #events = new Subject<SimulatedEvent>();
  readonly #stopped = new AbortController();
  readonly #startedAt: number;
  readonly #machine: MachineFolder;
  readonly #busFolder: string;
  #networkTime: NetworkTime;
  #clock: Clock;
  #services: HostServices | undefined;
  #webhooks: WebhookReceiver | undefined;
  #bootId = '';
  #bootCount = 0;
  #goingDown: Promise<void> | undefined;

  constructor(
    private readonly options: SimulatedDeviceOptions,
    private readonly folder: string,
  ) {
    this.#startedAt = options.clock.boottime();
    this.#clock = options.clock;
    this.#networkTime = options.networkTime ?? { NTP: true, NTPSynchronized: true };
    this.#machine = new MachineFolder(folder);
    this.#busFolder = join(folder, 'host/run/dbus');
    mkdirSync(this.#busFolder, { recursive: true });
    mkdirSync(join(folder, 'data'), { recursive: true });
  }

  /** Everything that can be seen from outside; completes when the device is stopped. */
  get events(): Observable<SimulatedEvent> {
    return this.#events;
  }

  /** The clock of the present boot: its boottime starts from 0 with each boot. */
  get clock(): Clock {
    return this.#clock;
  }

  /** As /proc/sys/kernel/random/boot_id says. */
  get bootId(): string {
    return this.#bootId;
  }

  /** Counts from 1. */
  get bootCount(): number {
    return this.#bootCount;
  }

  /** What a process in a container of the device sees of it. */
  get host(): HostEnvironment {
    return {
      variables: deviceVariables(this.folder, this.#services?.address, this.#webhooks!.url),
      procPath: this.#machine.procPath,
      sysPath: this.#machine.sysPath,
      rootPath: this.folder,
    };
  }

  /** Simulated milliseconds since the device was started. */
  elapsed(): number {
    return this.options.clock.boottime() - this.#startedAt;
  }

  /** Changes what timedated says; what is left out stays. It survives a reboot. */
  setNtp(change: Partial<NetworkTime>): void {
    this.#networkTime = { ...this.#networkTime, ...change };
    this.#services?.setNetworkTime(this.#networkTime);
    for (const [property, value] of Object.entries(change)) this.#tell({ kind: 'property-changed', property, value });
  }

  /** Boots; called by {@link startSimulatedDevice} and after each reboot. */
  async powerOn(uptime: Duration): Promise<void> {
    this.#webhooks ??= await WebhookReceiver.start((body) => this.#tell({ kind: 'webhook', body }));
    this.#bootId = randomUUID();
    this.#bootCount++;
    const clock = new DeviceClock(this.options.clock, uptime.milliseconds, () => this.#networkTime.NTPSynchronized);
    this.#clock = clock;
    this.#machine.boot(this.#bootId, clock);
    this.#services = await HostServices.start({
      folder: this.#busFolder,
      clock,
      networkTime: this.#networkTime,
      units: this.options.units ?? balenaUnits,
      power: {
        reboot: (by) => this.#goDown({ kind: 'reboot-requested', by }),
        powerOff: (by) => this.#goDown({ kind: 'power-off-requested', by }),
      },
    });
    this.#tell({ kind: 'booted', bootId: this.#bootId, bootCount: this.#bootCount });
  }

  /** Ends everything; the temporary folder is removed. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#goingDown;
    await this.#cutPower();
    await this.#webhooks?.stop();
    this.#events.complete();
    if (!this.options.folder) await rm(this.folder, { recursive: true, force: true });
  }

  /** A second request while it goes down changes nothing, as with systemd. */
  #goDown(request: Extract<SimulatedHappening, { kind: 'reboot-requested' | 'power-off-requested' }>): void {
    this.#tell(request);
    this.#goingDown ??= this.#shutDown(request.kind === 'reboot-requested')
      .catch((error: unknown) => {
        if (!this.#stopped.signal.aborted) this.#events.error(error);
      })
      .finally(() => (this.#goingDown = undefined));
  }

  async #shutDown(restart: boolean): Promise<void> {
    const { clock, shutdownDelay = Duration.parse('2s'), downtime = Duration.parse('20s') } = this.options;
    // Lets dbus-next send the answer to the request before anything ends.
    await Promise.resolve();
    this.#services!.announceShutdown();
    await this.#services!.flush();
    await clock.sleep(shutdownDelay, 'shutdown of the simulated device', this.#stopped.signal);
    this.#tell({ kind: 'shutting-down' });
    await this.#cutPower();
    this.#tell({ kind: 'down' });
    if (!restart) return;
    await clock.sleep(downtime, 'downtime of the simulated device', this.#stopped.signal);
    await this.powerOn(Duration.zero);
  }

  async #cutPower(): Promise<void> {
    this.#machine.shutDown();
    await this.#services?.stop();
    this.#services = undefined;
  }

  #tell(happening: SimulatedHappening): void {
    this.#events.next({ ...happening, at: this.elapsed() });
  }
}
