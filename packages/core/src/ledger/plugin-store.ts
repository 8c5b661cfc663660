import type { z } from '../schemas/schema.js';

export interface TableOptions<Row> {
  /**
   * What a row is. It has to take what it gives: durations and times come back with their types. A row that a former version
   * of the plugin wrote, and that does not fit any more, is removed.
   */
  readonly row: z.ZodType<Row>;
  /** Rows at most; beyond them, the one that was added first makes room. */
  readonly rows: number;
  /** Bytes at most of a row as JSON, with its key. Default 1 KiB; together with `rows`, a table holds at most 4 MiB. */
  readonly rowBytes?: number;
}

/** Rows by their keys. Writing and removing take effect at once, and outlive the end of the process, `kill -9` too. */
export interface Table<Row> {
  read(key: string): Row | undefined;
  /** In the order in which they were added. */
  entries(): ReadonlyMap<string, Row>;
  /** @throws DeviceError `STORE_ROW_INVALID`, `STORE_ROW_TOO_LARGE` */
  write(key: string, row: Row): void;
  /** Does nothing when there is no such row. */
  remove(key: string): void;
}

/**
 * What one plugin remembers over restarts and power cuts, by constructor injection: nobody else reads or writes it. It lies in
 * the ledger, on a card that wears out: for what changes now and then, not for readings.
 */
export abstract class PluginStore {
  /**
   * @param name the same over all versions of the plugin
   * @throws DeviceError `STORE_TABLE_INVALID`: it is too large, or open already with other rows
   */
  abstract table<Row>(name: string, options: TableOptions<Row>): Table<Row>;

  /**
   * Resolves when all that was written so far would survive a power cut, which else may take the last of it.
   * @throws DeviceError `LEDGER_UNWRITABLE` when it cannot be promised
   */
  abstract commit(): Promise<void>;
}
