import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { FileLedger } from './file-ledger.js';
import type { Ledger } from './ledger.js';
import { SimulatedDisk, type Survival } from './storage/simulated-disk.js';

/** A machine with a disk, a clock for each boot, and one engine at a time that has the ledger. */
export class LedgerMachine {
  readonly disk = new SimulatedDisk();
  readonly log = new RecordingLogger();
  clock = new VirtualClock();
  ledger!: FileLedger;
  #boots = 1;

  /** Starts an engine. */
  open(): FileLedger {
    this.ledger = FileLedger.open({ folder: this.disk.open(), clock: this.clock, log: this.log, bootId: this.bootId });
    return this.ledger;
  }

  get bootId(): string {
    return `boot-${this.#boots}`;
  }

  /** An orderly stop of the engine, and its next start. */
  async restart(): Promise<FileLedger> {
    await this.ledger.close();
    return this.open();
  }

  /** kill -9 of the engine, and its next start. */
  kill(): FileLedger {
    this.disk.kill();
    return this.open();
  }

  /** The machine boots, after an orderly stop or a power cut. */
  boot(): FileLedger {
    this.#boots++;
    this.clock = new VirtualClock();
    return this.open();
  }

  cutPower(survival?: Survival): FileLedger {
    this.disk.cutPower(survival);
    return this.boot();
  }

  advance(time: string): Promise<void> {
    return this.clock.advance(Duration.parse(time));
  }

  /** Everything that was told at warning level or above. */
  get warnings(): readonly string[] {
    return this.log.lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message);
  }
}

/** Every record of a ledger. */
export function contentOf(ledger: Ledger): Record<string, Record<string, unknown>> {
  return Object.fromEntries(ledger.scopes().map((scope) => [scope, Object.fromEntries(ledger.entries(scope))]));
}
