import type { Clock, Timer } from '../clock/clock.js';
import type { Logger } from '../diagnostics/logger.js';
import { BootHistory } from './boot-history.js';
import type { BootEnd, BootRecord } from './boot-record.js';
import type { BootsInFrame, Frame, NewFrame } from './journal/frame.js';
import { Journal } from './journal/journal.js';
import { recover, type Recovery } from './journal/recovery.js';
import { Ledger, type Durability, type JsonValue, type Outlives } from './ledger.js';
import { Records, type StoredRecord } from './records.js';
import { SignsOfLife } from './signs-of-life.js';
import type { LedgerFolder } from './storage/ledger-folder.js';

export interface FileLedgerOptions {
  /** Closed with the ledger. */
  readonly folder: LedgerFolder;
  readonly clock: Clock;
  readonly log: Logger;
  /** The boot that the machine is in (random(4): boot_id). */
  readonly bootId: string;
  /** Why the folder does not outlive the boot, in words; default: it does. */
  readonly volatile?: string;
}

/** A ledger in files: what was committed is there after a power cut, all that was written after `kill -9`. */
export class FileLedger extends Ledger {
  override readonly watchedUntil: number | undefined;
  readonly #records = new Records();
  readonly #boots: BootHistory;
  readonly #journal: Journal;
  readonly #signs: SignsOfLife;
  /** What this turn changed. */
  readonly #changes = new Set<StoredRecord>();
  #isFlushPlanned = false;
  /** Whether some of it has to outlive a power cut. */
  #isSyncDue = false;
  #isClosed = false;
  /** Milliseconds that the present boot had lasted at the last frame. */
  #savedFor = 0;
  #saving: Timer | undefined;

  private constructor(
    private readonly options: FileLedgerOptions,
    recovery: Recovery,
  ) {
    super();
    const { folder, clock, bootId } = options;
    this.#boots = new BootHistory(clock);
    for (const frame of recovery.frames) this.#restore(frame);
    this.watchedUntil = this.#boots.resume(bootId, (boot) => SignsOfLife.read(folder, boot));
    this.#signs = new SignsOfLife(folder, clock, this.boots.at(-1)!);
    this.#journal = new Journal(
      { ...options, snapshot: () => this.#everything(), flush: () => this.#flushIfPlanned() },
      recovery,
    );
    this.#journal.open();
    if (this.#boots.hasChanges) this.#flush();
    this.#saveLater();
  }

  /**
   * Reads what is there, and goes on with it. A damaged ledger is told in the log and loses what is damaged; a disk that cannot
   * be written is told by `durability`.
   * @throws DeviceError `LEDGER_FORMAT_UNKNOWN` when a newer engine wrote it; nothing is changed then
   */
  static open(options: FileLedgerOptions): FileLedger {
    const recovery = recover(options.folder);
    tellLoss(recovery, options.log);
    return new FileLedger(options, recovery);
  }

  override get durability(): Durability {
    const { volatile } = this.options;
    return volatile === undefined ? this.#journal.durability : { durable: false, reason: volatile };
  }

  override get boots(): readonly [...BootRecord[], BootRecord] {
    return this.#boots.boots;
  }

  override deviceTime(): number {
    return this.#boots.deviceTime();
  }

  override read(scope: string, key: string): JsonValue | undefined {
    return this.#records.read(scope, key);
  }

  override entries(scope: string): ReadonlyMap<string, JsonValue> {
    return this.#records.entries(scope);
  }

  override scopes(): readonly string[] {
    return this.#records.scopes();
  }

  /** The value is copied; one whose JSON text is that of the present one is not written. */
  override write(scope: string, key: string, value: JsonValue, outlives: Outlives = 'power-cut'): void {
    this.#changed(this.#records.write(scope, key, value), outlives);
  }

  override remove(scope: string, key: string, outlives: Outlives = 'power-cut'): void {
    this.#changed(this.#records.remove(scope, key), outlives);
  }

  override endBoot(number: number, end: BootEnd): void {
    this.#boots.end(number, end);
    this.#planFlush('power-cut');
  }

  override commit(): Promise<void> {
    return this.#journal.commit();
  }

  override keepWatch(): () => void {
    return this.#signs.hold();
  }

  override async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#boots.stop();
    this.#flush();
    // A disk that fails was told when it began to; there is nobody left to refuse anything to.
    await this.#journal.commit().catch(() => undefined);
    this.#isClosed = true;
    this.#saving?.cancel();
    this.#signs.close();
    this.#journal.close();
  }

  #restore(frame: Frame): void {
    this.#boots.restore(frame);
    for (const [scope, key, value] of frame.changes ?? []) {
      if (value === undefined) this.#records.remove(scope, key);
      else this.#records.write(scope, key, value);
    }
  }

  #everything(): NewFrame {
    return { boots: this.#takeBoots('all'), changes: this.#records.all() };
  }

  #takeBoots(which: 'all' | 'changed'): BootsInFrame {
    const boots = this.#boots.take(which);
    this.#savedFor = boots.boot.seenFor;
    return boots;
  }

  #changed(record: StoredRecord | undefined, outlives: Outlives): void {
    if (!record) return;
    this.#changes.add(record);
    this.#planFlush(outlives);
  }

  #planFlush(outlives: Outlives): void {
    this.#isSyncDue ||= outlives === 'power-cut';
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    void Promise.resolve().then(() => this.#flushIfPlanned());
  }

  #flushIfPlanned(): void {
    if (this.#isFlushPlanned) this.#flush(this.#isSyncDue);
  }

  #flush(isSyncDue = true): void {
    this.#isFlushPlanned = false;
    this.#isSyncDue = false;
    if (this.#isClosed) return;
    const changes = [...this.#changes];
    this.#changes.clear();
    this.#journal.append({ boots: this.#takeBoots('changed'), changes }, isSyncDue);
  }

  /** Frames that are written anyway save the length of the boot, too; a timer looks whether there were any. */
  #saveLater(): void {
    const due = BootHistory.nextSave(this.#savedFor);
    const onTimer = (): void => {
      if (this.options.clock.boottime() >= BootHistory.nextSave(this.#savedFor)) this.#flush();
      this.#saveLater();
    };
    this.#saving = this.options.clock.schedule(due - this.options.clock.boottime(), onTimer, 'length of the boot');
  }
}

function tellLoss({ lost, unreadable }: Recovery, log: Logger): void {
  if (unreadable.length > 0) log.error(`The disk does not give files of the ledger: ${unreadable.join(', ')}.`);
  if (lost.rotten > 0) {
    log.error(`The ledger was damaged on the disk: ${lost.rotten} bytes of it are lost, the rest is kept.`);
  }
  if (lost.torn > 0) {
    log.warn(`The end of the ledger was cut off, as by a power cut: ${lost.torn} bytes are lost, all before is kept.`);
  }
}
