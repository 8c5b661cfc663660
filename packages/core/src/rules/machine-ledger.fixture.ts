import type { Clock } from '../clock/clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { FileLedger } from '../ledger/file-ledger.js';
import type { Ledger } from '../ledger/ledger.js';
import { SimulatedDisk, type Survival } from '../ledger/storage/simulated-disk.js';

/** What a simulated machine remembers over its engines and its boots. */
export interface MachineLedger {
  /** The ledger as the present engine has it. */
  readonly present: Ledger;
  /** The engine came to its orderly stop. */
  stopped(): Promise<void>;
  /** Another engine starts in the same boot; `clock` goes on from the former one. */
  restarted(clock: Clock): void;
  /** The machine starts again; `clock` begins at 0. */
  rebooted(clock: Clock, how: { readonly isPowerCut: boolean }): void;
}

/** The real ledger, on a simulated disk. */
export class LedgerOnDisk implements MachineLedger {
  present: FileLedger;
  /** What the next power cut makes of that which was never synced. */
  survival: Survival = {};
  readonly #disk = new SimulatedDisk();
  readonly #log = new RecordingLogger();
  #boots = 1;

  constructor(clock: Clock) {
    this.present = this.#open(clock);
  }

  stopped(): Promise<void> {
    return this.present.close();
  }

  restarted(clock: Clock): void {
    this.#disk.kill();
    this.present = this.#open(clock);
  }

  rebooted(clock: Clock, { isPowerCut }: { readonly isPowerCut: boolean }): void {
    if (isPowerCut) this.#disk.cutPower(this.survival);
    this.#boots += 1;
    this.present = this.#open(clock);
  }

  #open(clock: Clock): FileLedger {
    return FileLedger.open({ folder: this.#disk.open(), clock, log: this.#log, bootId: `boot-${this.#boots}` });
  }
}
