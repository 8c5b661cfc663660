import { Duration } from '../../clock/duration.js';
import type { Clock, Timer } from '../../clock/clock.js';
import { coreError } from '../../diagnostics/core-errors.js';
import type { Logger } from '../../diagnostics/logger.js';
import type { Durability } from '../ledger.js';
import { errnoOf, type LedgerFolder } from '../storage/ledger-folder.js';
import { formatVersion } from './format.js';
import { encodeFrame, frameText, type NewFrame } from './frame.js';
import type { Recovery } from './recovery.js';
import { encodeHeader, segmentName, segmentNumbers } from './segment.js';

/** What nobody asked to be safe is synced after this time, so that a power cut loses little. */
const lazySync = Duration.parse('10s');
const firstRetry = Duration.parse('1s').milliseconds;
const longestRetry = Duration.parse('1m').milliseconds;

/** A segment is begun anew when it has grown by this much, or by as much as its first frame, whichever is more. */
const smallestGrowth = 256 * 1024;

export interface JournalOptions {
  readonly folder: LedgerFolder;
  readonly clock: Clock;
  readonly log: Logger;
  /** Everything there is, as the first frame of a segment. */
  readonly snapshot: () => NewFrame;
  /** Appends what was written and has not been appended. */
  readonly flush: () => void;
}

interface Segment {
  readonly number: number;
  size: number;
  synced: number;
  /** The size at which the next segment is begun. */
  full: number;
}

/**
 * Appends frames to segments. There is one remedy for everything: a new segment that begins with all there is. It is taken
 * when a segment is full, when its end was found damaged, and when the disk failed; older segments are removed once the new
 * one is synced.
 */
export class Journal {
  readonly #older: Set<number>;
  #newest: number;
  /** Undefined while the disk fails: what is written meanwhile goes into the first frame of the next segment. */
  #segment: Segment | undefined;
  #trouble: string | undefined;
  #retryAfter = firstRetry;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(
    private readonly options: JournalOptions,
    { segments, usable }: Recovery,
  ) {
    this.#older = new Set(segments);
    this.#newest = segments.at(-1) ?? 0;
    if (usable) this.#use({ number: this.#newest, size: usable.size, synced: 0, full: fullSize(usable.whole) });
  }

  get durability(): Durability {
    return this.#trouble === undefined ? { durable: true } : { durable: false, reason: this.#trouble };
  }

  /** Begins a segment unless there is one that can be written on. What fails is told by `durability` and the log. */
  open(): void {
    try {
      if (!this.#segment) this.#begin();
      this.#syncLater();
    } catch (error) {
      this.#fail(error, 'error');
    }
  }

  /** @param isSyncDue whether it has to outlive a power cut, soon at least */
  append(frame: NewFrame, isSyncDue: boolean): void {
    const segment = this.#segment;
    if (!segment) return;
    try {
      const bytes = encodeFrame(frameText(frame), segment.synced);
      this.options.folder.append(segmentName(segment.number), bytes);
      segment.size += bytes.length;
    } catch (error) {
      return this.#fail(error, 'warn');
    }
    if (segment.size >= segment.full) this.#compact(segment);
    if (isSyncDue || this.#segment !== segment) this.#syncLater();
  }

  /**
   * Resolves when all that was written before survives a power cut. While the disk fails, it is tried at once.
   * @throws DeviceError `LEDGER_UNWRITABLE`
   */
  commit(): Promise<void> {
    this.#next ??= this.#secureNext();
    return this.#next;
  }

  close(): void {
    this.#timer?.cancel();
    this.options.folder.close();
  }

  /** One sync at a time: what is appended while it runs is left to the next. */
  async #secureNext(): Promise<void> {
    await this.#running?.catch(() => undefined);
    this.#running = this.#secure();
    await this.#running;
  }

  async #secure(): Promise<void> {
    try {
      this.#flushJoined();
      const segment = this.#segment ?? this.#begin();
      const { size } = segment;
      if (segment.synced < size) await this.options.folder.sync(segmentName(segment.number));
      segment.synced = Math.max(segment.synced, size);
      this.#removeOlderThan(segment);
      this.#recovered(size);
    } catch (error) {
      this.#fail(error, 'warn');
      throw coreError('LEDGER_UNWRITABLE', `The durable record cannot be written: ${this.#trouble}.`, { cause: error });
    }
  }

  /** Whoever writes and joins a commit may have done it just now; from here on, the next one is joined. */
  #flushJoined(): void {
    try {
      this.options.flush();
    } finally {
      this.#next = undefined;
    }
  }

  #begin(): Segment {
    // Another engine may have the folder now, or have had it for a time: nothing of its record is written on or removed, and
    // what begins here is newer.
    const number = Math.max(this.#newest, segmentNumbers(this.options.folder.list()).at(-1) ?? 0) + 1;
    this.#newest = number;
    this.#older.add(number);
    const bytes = Buffer.concat([encodeHeader(formatVersion), encodeFrame(frameText(this.options.snapshot()), 0)]);
    try {
      this.options.folder.append(segmentName(number), bytes);
    } catch (error) {
      this.#remove(number);
      throw error;
    }
    return this.#use({ number, size: bytes.length, synced: 0, full: fullSize(bytes.length) });
  }

  #use(segment: Segment): Segment {
    this.#older.delete(segment.number);
    if (this.#segment) this.#older.add(this.#segment.number);
    this.#segment = segment;
    return segment;
  }

  /** A disk without room for another segment may have room for more frames. */
  #compact(segment: Segment): void {
    try {
      this.#begin();
    } catch {
      segment.full = segment.size + smallestGrowth;
    }
  }

  #removeOlderThan(segment: Segment): void {
    for (const number of this.#older) if (number < segment.number) this.#remove(number);
  }

  /** A segment that stays is no fault: a newer one takes precedence. It is tried again with the next sync. */
  #remove(number: number): void {
    try {
      this.options.folder.remove(segmentName(number));
      this.#older.delete(number);
    } catch {
      this.options.log.debug(`${segmentName(number)} of the ledger could not be removed.`);
    }
  }

  #syncLater(): void {
    const segment = this.#segment;
    // A commit on its way covers it.
    if (!segment || segment.synced === segment.size || this.#next) return;
    this.#timer ??= this.options.clock.schedule(lazySync.milliseconds, () => this.#onTimer(), 'sync of the ledger');
  }

  #onTimer(): void {
    this.#timer = undefined;
    // What fails has been told, and is tried again.
    this.commit().catch(() => undefined);
  }

  #recovered(size: number): void {
    // A write may have failed during the sync; then the next segment is still to be begun.
    if (!this.#segment) return;
    if (this.#segment.synced === this.#segment.size) {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#retryAfter = firstRetry;
    this.options.log.info(`The durable record can be written again: all of it was, ${size} bytes.`);
  }

  #fail(error: unknown, level: 'warn' | 'error'): void {
    const isNew = this.#trouble === undefined;
    this.#trouble = reasonOf(error);
    if (this.#segment) this.#older.add(this.#segment.number);
    this.#segment = undefined;
    this.#timer?.cancel();
    this.#timer = this.options.clock.schedule(this.#retryAfter, () => this.#onTimer(), 'next try to write the ledger');
    this.#retryAfter = Math.min(2 * this.#retryAfter, longestRetry);
    if (!isNew) return;
    const { remedy } = coreError('LEDGER_UNWRITABLE', '');
    this.options.log.log(
      level,
      `The durable record cannot be written: ${this.#trouble}. Rules go on from memory; actions that reboot or shut down are refused until it can.`,
      { code: 'LEDGER_UNWRITABLE', remedy },
    );
  }
}

function fullSize(whole: number): number {
  return whole + Math.max(smallestGrowth, whole);
}

function reasonOf(error: unknown): string {
  // What JavaScript throws when there is no room for a text or a buffer.
  if (error instanceof RangeError) return 'there is no memory for it';
  switch (errnoOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full';
    case 'EROFS':
      return 'the disk is read-only';
    case 'EACCES':
    case 'EPERM':
      return 'writing is not permitted';
    case 'ENOENT':
      return 'somebody removed its files';
    case 'EBUSY':
      return 'another engine has its folder';
    case 'EIO':
      return 'the disk fails (EIO)';
    default:
      return `the disk fails (${errnoOf(error)})`;
  }
}
