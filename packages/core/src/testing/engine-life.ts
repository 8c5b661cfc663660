import type { Clock } from '../clock/clock.js';
import type { Duration } from '../clock/duration.js';
import type { ActionAnswer } from '../config/test-model.js';
import { Engine } from '../engine/engine.js';
import type { LoadedDevice } from '../engine/load-device.js';
import { SecretMask } from '../engine/secret-mask.js';
import { FileLedger } from '../ledger/file-ledger.js';
import type { LedgerFolder } from '../ledger/storage/ledger-folder.js';
import type { SimulatedDisk } from '../ledger/storage/simulated-disk.js';
import { plainImporter } from '../plugins/module-importer.js';
import type { RuleStatus } from '../rules/rule-status.js';
import { wholeTraces } from '../rules/trace-bounds.js';
import type { StreamReference } from '../streams/stream-hub.js';
import { Backlog } from '../streams/backlog.js';
import { DoubleActions } from './double-actions.js';
import { DoubleStreams, type EmittedEvent } from './double-streams.js';
import { LifeClock } from './life-clock.js';
import type { Readings } from './readings.js';
import { SimulatedHost } from './simulated-host.js';
import { TestLogger } from './test-logger.js';
import type { TestRecord } from './test-record.js';

/** What a simulated device lends to each engine that runs on it. */
export interface DeviceSeat {
  /** Of the test; it goes on while the device is off. */
  readonly time: Clock;
  readonly record: TestRecord;
  readonly readings: Readings;
  readonly answers: ReadonlyMap<string, ActionAnswer>;
  readonly isNetworkThere: () => boolean;
  /** Path of the device file. */
  readonly file: string;
  /** What the file holds now. */
  readonly load: () => LoadedDevice;
  readonly disk: SimulatedDisk;
  readonly onDisruption: (effect: 'reboot' | 'shutdown') => void;
}

/** One boot of a simulated device. */
export interface Boot {
  readonly id: string;
  /** Where boottime 0 lies in the time of the test. */
  readonly startedAt: number;
  /** Boottime in milliseconds before which streams are lost. */
  readonly readyAt: number;
}

/** One process of the engine on a simulated device, from its start to its stop or its sudden end. */
export class EngineLife {
  readonly #clock: LifeClock;
  readonly #backlog = new Backlog();
  readonly #streams: DoubleStreams;
  readonly #actions: DoubleActions;
  #engine!: Engine;
  #folder!: LedgerFolder;
  #ledger!: FileLedger;
  #frozenUntil: number | undefined;
  #hasEnded = false;

  private constructor(
    private readonly seat: DeviceSeat,
    private readonly boot: Boot,
  ) {
    const { time, readings, record, answers, isNetworkThere } = seat;
    const clock = new LifeClock(time, boot.startedAt);
    const states = (): ReadonlyMap<string, StreamReference> => seat.load().model?.states ?? new Map();
    this.#clock = clock;
    const { readyAt } = boot;
    this.#streams = new DoubleStreams({
      clock,
      readings,
      backlog: this.#backlog,
      states,
      readyAt,
    });
    this.#actions = new DoubleActions({
      clock,
      record,
      isNetworkThere,
      isAlive: () => this.#isAlive,
      answerTo: (action) => answers.get(action),
      onDisruption: (effect) => seat.onDisruption(effect),
    });
  }

  /**
   * Resolves when the rules run, or when the process was cut off on the way; no time passes.
   * @throws DiagnosticsError with everything that is wrong with the file; the process has ended then
   */
  static async start(seat: DeviceSeat, boot: Boot): Promise<EngineLife> {
    const life = new EngineLife(seat, boot);
    try {
      await life.#unlessCut(() => life.#start());
      return life;
    } catch (error) {
      life.end();
      seat.disk.kill();
      throw error;
    }
  }

  /** Whether its disk was taken from it in the middle of its work: it is dead, and does not know it yet. */
  get isCut(): boolean {
    return !this.#hasEnded && this.seat.disk.isTakenFrom(this.#folder);
  }

  /** Until when the process stands still, in the time of the test; undefined while it does not. */
  get frozenUntil(): number | undefined {
    return this.#frozenUntil;
  }

  /** As SIGSTOP does, and SIGCONT after that time: meanwhile nothing of it happens, and what comes waits. */
  freeze(time: Duration): void {
    const { record, time: testTime } = this.seat;
    const end = testTime.boottime() + time.milliseconds;
    this.#frozenUntil = Math.max(this.#frozenUntil ?? 0, end);
    this.#clock.freeze();
    this.#backlog.hold();
    testTime.schedule(
      time.milliseconds,
      () => {
        if (this.#hasEnded || this.#frozenUntil !== end) return;
        record.add('device', 'the engine goes on');
        this.#frozenUntil = undefined;
        this.#clock.thaw(() => this.#backlog.release());
      },
      'end of a standstill',
    );
  }

  emit(event: EmittedEvent): void {
    this.#streams.emit(event);
  }

  /** @returns whether the file that was loaded is in force now */
  async reload(): Promise<boolean> {
    return (await this.#engine.reload()).applied;
  }

  /** A process that stands still does not hear that it should stop. */
  async stop(): Promise<void> {
    if (this.#frozenUntil !== undefined) return new Promise(() => {});
    await this.#unlessCut(async () => {
      await this.#engine.stop('SIGTERM');
      await this.#ledger.close();
      this.end();
    });
  }

  /** As `kill -9` does: nothing of it happens any more. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#clock.end();
    this.seat.record.endRuns();
  }

  /** How the rules stand as a whole, without their keys. */
  status(): readonly RuleStatus[] {
    if (!this.#isAlive) return [];
    return this.#engine.status().rules.filter(({ key }) => key === undefined);
  }

  get #isAlive(): boolean {
    return !this.#hasEnded && !this.isCut;
  }

  /** What a dead process fails at is nobody's fault. */
  async #unlessCut(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.isCut) throw error;
    }
  }

  async #start(): Promise<void> {
    const { record, file, load, disk, isNetworkThere } = this.seat;
    const host = new SimulatedHost();
    const clock = this.#clock;
    const log = new TestLogger((line) => this.#isAlive && record.addLog(line));
    // What runs do in a dead process is none of the test.
    this.#folder = disk.open(() => record.endRuns());
    this.#ledger = FileLedger.open({ folder: this.#folder, clock, log, bootId: this.boot.id });
    this.#engine = await Engine.create({
      file,
      clock,
      host,
      ledger: this.#ledger,
      log,
      mask: new SecretMask(host),
      importModule: plainImporter,
      builtIn: new Map(),
      random: () => 0,
      load: async () => load(),
      networkReach: () => (isNetworkThere() ? 'everywhere' : 'away'),
      traceBounds: wholeTraces,
      onTrace: (trace) => this.#isAlive && record.addTrace(trace, this.boot.startedAt),
      doubles: {
        stream: (description, own) => this.#streams.double(description, own),
        action: (description, own) => this.#actions.double(description, own),
      },
    });
    await this.#engine.start();
  }
}
