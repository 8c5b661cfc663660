import { injectable } from 'inversify';
import { Clock, type Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { Ledger, type JsonValue } from '../ledger/ledger.js';

const scope = 'schedules';
/** A file is edited, a rule taken out and put in again: so long its schedule goes on where it was. */
const forgetAfter = Duration.parse('10m');

/** What one schedule remembers over restarts. */
export interface ScheduleRecord {
  read(): JsonValue | undefined;
  write(value: JsonValue): void;
  /** The schedule is no longer in use; what it remembers is forgotten in a while. */
  close(): void;
}

/** The records of all schedules; those that nobody uses any more are removed. */
@injectable()
export class ScheduleRecords {
  readonly #open = new Set<string>();
  #forgetting: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly ledger: Ledger,
  ) {}

  start(): void {
    if (this.ledger.entries(scope).size > 0) this.#forgetLater();
  }

  dispose(): void {
    this.#forgetting?.cancel();
  }

  open(key: string): ScheduleRecord {
    this.#open.add(key);
    return {
      read: () => this.ledger.read(scope, key),
      write: (value) => this.ledger.write(scope, key, value),
      close: () => {
        this.#open.delete(key);
        if (this.ledger.read(scope, key) !== undefined) this.#forgetLater();
      },
    };
  }

  #forgetLater(): void {
    this.#forgetting?.cancel();
    this.#forgetting = this.clock.schedule(
      forgetAfter.milliseconds,
      () => {
        const unused = [...this.ledger.entries(scope).keys()].filter((key) => !this.#open.has(key));
        for (const key of unused) this.ledger.remove(scope, key);
      },
      'forget schedules that are gone',
    );
  }
}
