import type { Clock } from '../clock/clock.js';
import type { Ledger } from '../ledger/ledger.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';

/** The disk of a simulated device, in memory: what was synced survives a power cut, what was written a kill. */
export class StateDisk {
  #ledger: Ledger | undefined;

  constructor(private readonly time: Clock) {}

  open(_clock: Clock, _bootId: string): Ledger {
    return (this.#ledger ??= new MemoryLedger(this.time, { durable: true }));
  }

  kill(): void {}

  cutPower(): void {}
}
