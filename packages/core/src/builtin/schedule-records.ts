import { injectable } from 'inversify';
import { Clock, type Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { JsonValue } from '../ledger/ledger.js';
import { PluginStore, type Table } from '../ledger/plugin-store.js';
import { z } from '../schemas/schema.js';

/** A file is edited, a rule taken out and put in again: so long its schedule goes on where it was. */
const forgetAfter = Duration.parse('10m');
/** A cron schedule keeps 20 ranges at most. */
const bounds = { rows: 2_000, rowBytes: 2_048 };

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
  readonly #table: Table<JsonValue>;
  readonly #open = new Set<string>();
  #forgetting: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    store: PluginStore,
  ) {
    this.#table = store.table('schedules', { row: z.json() as z.ZodType<JsonValue>, ...bounds });
  }

  start(): void {
    if (this.#table.entries().size > 0) this.#forgetLater();
  }

  dispose(): void {
    this.#forgetting?.cancel();
  }

  open(key: string): ScheduleRecord {
    this.#open.add(key);
    return {
      read: () => this.#table.read(key),
      write: (value) => this.#table.write(key, value),
      close: () => {
        this.#open.delete(key);
        if (this.#table.read(key) !== undefined) this.#forgetLater();
      },
    };
  }

  #forgetLater(): void {
    this.#forgetting?.cancel();
    this.#forgetting = this.clock.schedule(
      forgetAfter.milliseconds,
      () => {
        const unused = [...this.#table.entries().keys()].filter((key) => !this.#open.has(key));
        for (const key of unused) this.#table.remove(key);
      },
      'forget schedules that are gone',
    );
  }
}
