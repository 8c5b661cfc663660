import { coreError } from '../diagnostics/core-errors.js';
import type { Logger } from '../diagnostics/logger.js';
import type { JsonValue, Ledger } from './ledger.js';
import { PluginStore, type Table, type TableOptions } from './plugin-store.js';
import { fromTypedJson, toTypedJson } from './typed-json.js';

const defaultRowBytes = 1024;
const greatestTable = 4 * 1024 * 1024;

/** The scope of a plugin's table in the ledger. */
export function scopeOf(plugin: string, table: string): string {
  return `plugin ${plugin} ${table}`;
}

/** A store on the ledger; each of its tables is a scope. */
export class LedgerStore extends PluginStore {
  readonly #open = new Map<string, LedgerTable<unknown>>();

  /** @param scopeFor the scope of a table */
  constructor(
    private readonly ledger: Ledger,
    private readonly log: Logger,
    private readonly scopeFor: (table: string) => string,
  ) {
    super();
  }

  override table<Row>(name: string, options: TableOptions<Row>): Table<Row> {
    const { rows, rowBytes = defaultRowBytes } = options;
    if (!Number.isInteger(rows) || rows < 1 || rows * rowBytes > greatestTable) {
      throw tableInvalid(
        name,
        `cannot hold ${rows} rows of ${rowBytes} bytes: at most 4 MiB in all, and one row at least`,
      );
    }
    const present = this.#open.get(name);
    if (present && present.options.row !== options.row) throw tableInvalid(name, 'is open already, with other rows');
    const table =
      (present as LedgerTable<Row> | undefined) ?? new LedgerTable(this.ledger, this.scopeFor(name), options);
    this.#open.set(name, table as LedgerTable<unknown>);
    if (!present) this.#removeUnfit(name, table);
    return table;
  }

  override commit(): Promise<void> {
    return this.ledger.commit();
  }

  #removeUnfit<Row>(name: string, table: LedgerTable<Row>): void {
    const removed = table.removeUnfit();
    if (removed > 0) this.log.warn(`Rows of the table ${name} that do not fit it any more were removed: ${removed}.`);
  }
}

class LedgerTable<Row> implements Table<Row> {
  constructor(
    private readonly ledger: Ledger,
    private readonly scope: string,
    readonly options: TableOptions<Row>,
  ) {}

  read(key: string): Row | undefined {
    const json = this.ledger.read(this.scope, key);
    return json === undefined ? undefined : this.#rowOf(json)?.row;
  }

  entries(): ReadonlyMap<string, Row> {
    const rows = [...this.ledger.entries(this.scope)].map(([key, json]) => [key, this.#rowOf(json)] as const);
    return new Map(rows.flatMap(([key, fit]) => (fit ? [[key, fit.row] as const] : [])));
  }

  write(key: string, row: Row): void {
    const { rows, rowBytes = defaultRowBytes } = this.options;
    const json = toTypedJson(row);
    if (!this.#rowOf(json)) throw coreError('STORE_ROW_INVALID', `The row ${key} could not be read again.`);
    const size = Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(json));
    if (size > rowBytes) {
      throw coreError(
        'STORE_ROW_TOO_LARGE',
        `The row ${key.slice(0, 100)} has ${size} bytes, and ${rowBytes} at most.`,
      );
    }
    if (this.ledger.read(this.scope, key) === undefined) this.#makeRoom(rows - 1);
    this.ledger.write(this.scope, key, json);
  }

  remove(key: string): void {
    this.ledger.remove(this.scope, key);
  }

  /** @returns how many rows that was */
  removeUnfit(): number {
    const unfit = [...this.ledger.entries(this.scope)].filter(([, json]) => !this.#rowOf(json));
    for (const [key] of unfit) this.remove(key);
    return unfit.length;
  }

  #makeRoom(rows: number): void {
    const keys = [...this.ledger.entries(this.scope).keys()];
    for (const key of keys.slice(0, Math.max(0, keys.length - rows))) this.remove(key);
  }

  #rowOf(json: JsonValue): { readonly row: Row } | undefined {
    const parsed = this.options.row.safeParse(fromTypedJson(json));
    return parsed.success ? { row: parsed.data } : undefined;
  }
}

function tableInvalid(name: string, why: string): Error {
  return coreError('STORE_TABLE_INVALID', `The table ${name} ${why}.`);
}
