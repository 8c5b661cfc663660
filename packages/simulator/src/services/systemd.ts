import { DBusError, interface as service } from 'dbus-next';
import type { PowerControl } from './power-control.js';
import { UnitObject, type UnitBehaviour } from './unit.js';

type JobResult = 'done' | 'failed';

/** org.freedesktop.systemd1(5): the manager on /org/freedesktop/systemd1 and an object for each unit that was loaded. */
export class SystemdService extends service.Interface {
  readonly Version = '252.38-1~deb12u1';
  readonly SystemState = 'running';
  readonly #loaded = new Map<string, UnitObject>();
  #jobs = 0;

  constructor(
    private readonly units: Readonly<Record<string, UnitBehaviour>>,
    private readonly power: PowerControl,
    private readonly exportUnit: (unit: UnitObject) => void,
  ) {
    super('org.freedesktop.systemd1.Manager');
    for (const name of Object.keys(units)) this.#load(name);
  }

  Reboot(): void {
    this.power.reboot('org.freedesktop.systemd1.Manager.Reboot');
  }

  PowerOff(): void {
    this.power.powerOff('org.freedesktop.systemd1.Manager.PowerOff');
  }

  /** The double sends its signals to everybody, which a subscriber cannot tell from being subscribed. */
  Subscribe(): void {}

  Unsubscribe(): void {}

  GetUnit(name: string): string {
    const unit = this.#loaded.get(name);
    if (!unit) throw new DBusError('org.freedesktop.systemd1.NoSuchUnit', `Unit ${name} not loaded.`);
    return unit.path;
  }

  LoadUnit(name: string): string {
    return this.#load(name).path;
  }

  StartUnit(name: string): string {
    return this.#job(name, (unit) => (unit.ActiveState === 'active' ? 'done' : unit.start()));
  }

  StopUnit(name: string): string {
    return this.#job(name, (unit) => unit.stop());
  }

  RestartUnit(name: string): string {
    return this.#job(name, (unit) => {
      unit.stop();
      return unit.start();
    });
  }

  ReloadUnit(name: string): string {
    return this.#job(name, () => 'done');
  }

  JobNew(id: number, job: string, unit: string): [number, string, string] {
    return [id, job, unit];
  }

  JobRemoved(id: number, job: string, unit: string, result: JobResult): [number, string, string, string] {
    return [id, job, unit, result];
  }

  UnitNew(id: string, path: string): [string, string] {
    return [id, path];
  }

  #load(name: string): UnitObject {
    const loaded = this.#loaded.get(name);
    if (loaded) return loaded;
    const unit = new UnitObject(name, this.units[name]);
    this.#loaded.set(name, unit);
    this.exportUnit(unit);
    this.UnitNew(name, unit.path);
    return unit;
  }

  /** The reply names the job; its signals follow the reply, as those of a job that takes time do. */
  #job(name: string, work: (unit: UnitObject) => JobResult): string {
    const unit = this.#load(name);
    if (unit.LoadState === 'not-found') {
      throw new DBusError('org.freedesktop.systemd1.NoSuchUnit', `Unit ${name} not found.`);
    }
    const id = ++this.#jobs;
    const job = `/org/freedesktop/systemd1/job/${id}`;
    queueMicrotask(() => {
      this.JobNew(id, job, name);
      this.JobRemoved(id, job, name, work(unit));
    });
    return job;
  }
}

SystemdService.configureMembers({
  properties: {
    Version: { signature: 's', access: service.ACCESS_READ },
    SystemState: { signature: 's', access: service.ACCESS_READ },
  },
  methods: {
    Reboot: {},
    PowerOff: {},
    Subscribe: {},
    Unsubscribe: {},
    GetUnit: { inSignature: 's', outSignature: 'o' },
    LoadUnit: { inSignature: 's', outSignature: 'o' },
    StartUnit: { inSignature: 'ss', outSignature: 'o' },
    StopUnit: { inSignature: 'ss', outSignature: 'o' },
    RestartUnit: { inSignature: 'ss', outSignature: 'o' },
    ReloadUnit: { inSignature: 'ss', outSignature: 'o' },
  },
  signals: {
    JobNew: { signature: 'uos' },
    JobRemoved: { signature: 'uoss' },
    UnitNew: { signature: 'so' },
  },
});
