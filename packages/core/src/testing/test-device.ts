import { Duration } from '../clock/duration.js';
import type { Timer } from '../clock/clock.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import type { ActionAnswer, TestChange, TestModel } from '../config/test-model.js';
import { DiagnosticsError } from '../diagnostics/device-error.js';
import type { LoadedDevice } from '../engine/load-device.js';
import { SimulatedDisk } from '../ledger/storage/simulated-disk.js';
import type { RuleStatus } from '../rules/rule-status.js';
import { EngineLife, type Boot, type DeviceSeat } from './engine-life.js';
import { givenValues, Readings } from './readings.js';
import { isPlain } from './sample-value.js';
import { wordsOf, type TestRecord } from './test-record.js';

/** Between a call that takes the device down and its end, as a real one needs to stop its services. */
const timeUntilDown = Duration.parse('30s');
/** How long a device that reboots is down. */
const timeDown = Duration.parse('10s');
/** After a boot, before the first readings come. */
const timeUntilReady = Duration.parse('2s');
/** A container gets so long between SIGTERM and SIGKILL. */
const stopTime = Duration.parse('10s');
const defaultWall = Date.UTC(2026, 0, 1);

/** The files that a test may put in force, read before time moves. */
export interface LoadedFiles {
  readonly path: string;
  readonly device: LoadedDevice;
  readonly others: ReadonlyMap<string, LoadedDevice>;
}

type Task = () => void | Promise<void>;

/**
 * A simulated device in virtual time. It runs the real engine; readings, events and answers come from a test, and a reboot
 * that a rule asks for happens to it.
 */
export class TestDevice {
  readonly time: VirtualClock;
  readonly #seat: DeviceSeat;
  readonly #readings: Readings;
  readonly #answers: Map<string, ActionAnswer>;
  /** What falls due now. It is done between two timers of the engine, while time stands still or is let go by the task. */
  readonly #due: Task[] = [];
  #isNetworkThere = true;
  #loaded: LoadedDevice;
  #life: EngineLife | undefined;
  #boot: Boot;
  /** When it was on: from when to when, or still. */
  readonly boots: { readonly from: number; to?: number }[] = [];
  #isGoingDown = false;
  /** The boot that is to come. */
  #bootTimer: Timer | undefined;
  /** When the power is back that was cut last; 0 before. */
  #powerBackAt = 0;

  constructor(
    test: Pick<TestModel, 'given' | 'answers'>,
    private readonly files: LoadedFiles,
    private readonly record: TestRecord,
    /** What the device keeps over restarts; default: it is new. */
    private readonly disk = new SimulatedDisk(),
    /** What it means that the disk is interrupted. */
    private readonly cut: 'kill' | 'power-cut' = 'kill',
  ) {
    const [device, clock] = ['device', 'clock'].map((name) => givenValues(test, name));
    const uptime = device!['uptime'] instanceof Duration ? device!['uptime'].milliseconds : 0;
    const wall = clock!['time'] instanceof Date ? clock!['time'].getTime() : defaultWall;
    this.time = new VirtualClock({ wall, synchronized: clock!['synchronized'] !== false, turns: 1 });
    this.#readings = new Readings(test.given);
    this.#answers = new Map(test.answers.map((answer) => [answer.action, answer]));
    this.#loaded = files.device;
    this.#boot = this.#nextBoot(-uptime, String(device!['bootId'] ?? ''));
    this.#seat = {
      time: this.time,
      record,
      readings: this.#readings,
      answers: this.#answers,
      isNetworkThere: () => this.#isNetworkThere,
      file: files.path,
      load: () => this.#loaded,
      disk,
      onDisruption: (effect) => this.#goDown(effect),
    };
  }

  /** Milliseconds since the start of the test. */
  get now(): number {
    return this.time.boottime();
  }

  /** How the rules stand; none while no engine runs. */
  status(): readonly RuleStatus[] {
    return this.#life?.status() ?? [];
  }

  async start(): Promise<void> {
    this.record.add('device', 'the device is up');
    await this.#startEngine();
  }

  /** Calls for a task at a time of the test; those of equal time in the order of their planning. */
  plan(at: number, name: string, task: Task): Timer {
    return this.time.schedule(at - this.now, () => this.#due.push(task), name);
  }

  /** @param watch called after each timer */
  async runUntil(end: number, watch: () => void = () => {}): Promise<void> {
    const isInterrupted = (): boolean => {
      watch();
      return this.#due.length > 0 || this.#isCut;
    };
    do {
      for (let task = this.#taskDue(); task; task = this.#taskDue()) {
        await task();
        await this.time.settle();
      }
      await this.time.advance(Duration.ofMilliseconds(Math.max(0, end - this.now)), isInterrupted);
    } while (this.#due.length > 0 || this.#isCut);
  }

  /** An orderly stop, so that what still runs comes to its end; not a part of the test. */
  async end(): Promise<void> {
    await this.#stopEngine();
  }

  async apply(change: TestChange): Promise<void> {
    switch (change.kind) {
      case 'set':
        return this.#set(change.stream, change.path, change.value);
      case 'quality':
        this.record.add('change', `${change.stream} is ${change.quality}`);
        return this.#readings.setQuality(change.stream, change.quality);
      case 'answer':
        this.record.add('change', `${change.answer.action} answers otherwise: ${change.answer.outcome}`);
        return void this.#answers.set(change.answer.action, change.answer);
      case 'emit':
        this.record.add('change', `${change.stream} ${wordsOf(change.event)}`);
        return this.#life?.emit(change);
      case 'network':
        this.#isNetworkThere = change.isThere;
        return this.record.add('change', `the network is ${change.isThere ? 'back' : 'away'}`);
      case 'jump':
        this.time.jumpWall(change.milliseconds);
        return this.record.add('change', `the clock jumps by ${String(Duration.ofMilliseconds(change.milliseconds))}`);
      case 'restart':
        return this.#restart();
      case 'kill':
        return this.#kill();
      case 'reload':
        return this.#reload(change.file);
      case 'freeze':
        return this.#freeze(change.time);
      case 'power-cut':
        return this.#cutPower(change.off);
      case 'reboot':
        return this.#reboot(change.off);
    }
  }

  #set(stream: string, path: readonly string[], value: unknown): void {
    this.record.add('change', `${[stream, ...path].join('.')}: ${wordsOf(value)}`);
    const part = path.length === 0 ? value : path.reduceRight<unknown>((inner, field) => ({ [field]: inner }), value);
    if (stream === 'clock' && isPlain(part)) {
      if (typeof part['synchronized'] === 'boolean') this.time.setSynchronized(part['synchronized']);
      if (part['time'] instanceof Date) this.time.jumpWall(part['time'].getTime() - this.time.wall().milliseconds);
    }
    this.#readings.set(stream, path, value);
  }

  get #isCut(): boolean {
    return this.#life?.isCut === true;
  }

  #taskDue(): Task | undefined {
    if (this.#isCut) return () => (this.cut === 'kill' ? this.#kill() : this.#cutPower(timeDown));
    return this.#due.shift();
  }

  get #isOn(): boolean {
    return this.boots.at(-1)!.to === undefined;
  }

  async #restart(): Promise<void> {
    if (!this.#isOn) return;
    this.record.add('device', `the engine is ${this.#life ? 'restarted' : 'started'}`);
    await this.#stopEngine();
    if (this.#isCut) return;
    await this.#startEngine();
  }

  async #kill(): Promise<void> {
    if (!this.#life) return;
    this.record.add('device', 'the engine is killed');
    this.#endLife();
    this.disk.kill();
    await this.#startEngine();
  }

  #freeze(time: Duration): void {
    const life = this.#life;
    if (!life) return this.record.add('device', 'no engine runs that could stand still');
    this.record.add('device', `the engine stands still for ${time}`);
    life.freeze(time);
  }

  async #reload(file: string): Promise<void> {
    // A process that stands still hears of it when it goes on.
    const { frozenUntil } = this.#life ?? {};
    if (frozenUntil !== undefined) return void this.plan(frozenUntil, 'reload', () => this.#reload(file));
    this.#loaded = this.files.others.get(file)!;
    if (!this.#life) return this.record.add('device', 'the file is another one; no engine runs');
    const isApplied = await this.#life.reload();
    this.record.add('device', isApplied ? 'the file is reloaded' : 'the file is bad: the old one stays');
  }

  /** It boots when its power is back, whatever it was about; of cuts that overlap, when the last one is over. */
  #cutPower(off: Duration): void {
    this.record.add('device', `the power is cut for ${off}`);
    this.#endLife();
    this.disk.cutPower();
    this.#powerBackAt = Math.max(this.#powerBackAt, this.now + off.milliseconds);
    this.#bootAt(this.#powerBackAt);
  }

  async #reboot(off: Duration): Promise<void> {
    if (!this.#isOn) return this.record.add('device', 'the device is off: it does not reboot');
    this.record.add('device', `the device goes down for ${off}`);
    await this.#stopEngine();
    if (this.#isCut && this.cut === 'power-cut') return;
    this.#endLife();
    this.disk.kill();
    this.#bootAt(this.now + off.milliseconds);
  }

  /** What a rule asked for happens a little later; meanwhile another call changes nothing. */
  #goDown(effect: 'reboot' | 'shutdown'): void {
    if (this.#isGoingDown) return;
    this.#isGoingDown = true;
    const boot = this.#boot;
    this.plan(this.now + timeUntilDown.milliseconds, `${effect} of the device`, async () => {
      if (this.#boot !== boot || !this.#isOn) return;
      if (effect === 'reboot') return this.#reboot(timeDown);
      this.record.add('device', 'the device powers off');
      await this.#stopEngine();
      this.boots.at(-1)!.to = this.now;
    });
  }

  #bootAt(time: number): void {
    this.#isGoingDown = false;
    this.boots.at(-1)!.to ??= this.now;
    this.#bootTimer?.cancel();
    this.#bootTimer = this.plan(time, 'boot of the device', async () => {
      this.#boot = this.#nextBoot(this.now);
      this.record.add('device', 'the device boots');
      await this.#startEngine();
    });
  }

  #nextBoot(startedAt: number, id = ''): Boot {
    this.boots.push({ from: startedAt });
    const number = String(this.boots.length).padStart(12, '0');
    const isFirst = this.boots.length === 1;
    const bootId = id || `00000000-0000-4000-8000-${number}`;
    this.#readings.complete('device', { bootId });
    return {
      id: bootId,
      startedAt,
      readyAt: isFirst ? -Infinity : timeUntilReady.milliseconds,
    };
  }

  /** With a file that is bad the device goes on without an engine. */
  async #startEngine(): Promise<void> {
    try {
      this.#life = await EngineLife.start(this.#seat, this.#boot);
    } catch (error) {
      if (!(error instanceof DiagnosticsError)) throw error;
      const faults = error.diagnostics.map(({ message }) => message).join(' ');
      this.record.add('device', `the engine does not start: ${faults}`);
    }
  }

  /** Time passes while it stops; one that hangs is killed, as the container's engine would. */
  async #stopEngine(): Promise<void> {
    const life = this.#life;
    if (!life) return;
    let hasStopped = false;
    const stopping = life.stop().finally(() => (hasStopped = true));
    await this.time.advance(stopTime, () => hasStopped);
    if (hasStopped) await stopping;
    if (this.#isCut) return;
    this.#endLife();
    this.disk.kill();
  }

  #endLife(): void {
    this.#life?.end();
    this.#life = undefined;
  }
}
