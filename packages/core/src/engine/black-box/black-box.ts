import type { Clock, Timer } from '../../clock/clock.js';
import { Duration } from '../../clock/duration.js';
import type { LogFields, LogLevel } from '../../diagnostics/logger.js';
import { describeError } from '../../diagnostics/user-message.js';
import type { BootRecord } from '../../ledger/boot-record.js';
import { errnoOf } from '../../ledger/storage/ledger-folder.js';
import type { DisruptionCall } from '../../rules/disruption-guard.js';
import type { Refusal, RunTrace, StepTrace } from '../../rules/trace.js';
import type { Reading } from '../../streams/reading.js';
import type { EventOccurrence } from '../../streams/stream-hub.js';
import type { StreamIdentity } from '../../streams/stream-identity.js';
import type { StreamObserver } from '../../streams/stream-observer.js';
import type { SettledIntent } from '../boot-safety/intent-record.js';
import type { SecretMask } from '../secret-mask.js';
import type { BlackBoxEntry, BlackBoxKind } from './black-box-entry.js';
import { BlackBoxFile } from './black-box-file.js';
import { BlackBoxRing } from './black-box-ring.js';
import { boundedText } from './bounded-text.js';
import { changedFields } from './changed-fields.js';
import { EntryBudget } from './entry-budget.js';

/** A power cut loses at most this much. */
const writeInterval = Duration.parse('5m');
/** What a reboot or a stop waits for the file at most. */
const longestWrite = Duration.parse('1s');
/** Characters of an event, of a reading's value and of a step's input that are kept. */
const textLength = 240;
const messageLength = 500;

/**
 * Remembers what led to the end of a boot: events, readings, decisions, runs and warnings. They wait in memory and are
 * appended to a file before a disruptive action, at the stop, and else every 5 minutes when there is something new.
 * Without a folder nothing is kept.
 */
export class BlackBox implements StreamObserver {
  readonly #ring = new BlackBoxRing();
  readonly #budget = new EntryBudget();
  readonly #told = new WeakSet<RunTrace | StepTrace>();
  readonly #running = new Map<string, RunTrace>();
  #file: BlackBoxFile | undefined;
  #boots: readonly BootRecord[] | undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #fault: string | undefined;
  #isClosed = false;

  constructor(
    private readonly clock: Clock,
    private readonly mask: SecretMask,
    private readonly folder?: string,
  ) {}

  /** Why it cannot be written; undefined while it can, or when there is no folder. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** @param boots as the ledger has them, the present one last */
  async open(boots: readonly BootRecord[]): Promise<void> {
    this.#boots = boots;
    await this.#inTime(this.#write({ sync: false }));
  }

  event({ text }: StreamIdentity, { event, at }: EventOccurrence): void {
    this.#add('event', text, at, () => boundedText(event, textLength, this.mask));
  }

  reading({ text }: StreamIdentity, { value, quality, reason }: Reading, previous: Reading): void {
    const at = this.clock.boottime();
    const why = reason === undefined ? '' : `: ${this.mask.text(reason)}`;
    if (quality !== previous.quality) this.#writeLater();
    if (quality !== 'ok') return this.#add('reading', text, at, () => `${quality}${why}`);
    const isBack = previous.quality !== 'ok';
    this.#add('reading', text, at, () => {
      const news = isBack ? value : changedFields(previous.value, value);
      return `${isBack ? 'ok ' : ''}${boundedText(news, textLength, this.mask)}`;
    });
  }

  refused({ rule, key, at, detail }: Refusal): void {
    this.#add('refused', rule, at, () => `${this.mask.text(detail)}${ofKey(this.mask, key)}`);
  }

  /** To be told when a run begins, and again whenever it has come further. */
  traced(trace: RunTrace): void {
    if (this.folder === undefined) return;
    const { id, rule, key, cause, outcome, startedAt, endedAt } = trace;
    if (!this.#told.has(trace)) {
      this.#told.add(trace);
      this.#add('fired', rule, startedAt, () => `${this.mask.text(cause)}${ofKey(this.mask, key)}, run ${id}`);
    }
    for (const step of trace.steps) {
      if (step.outcome === 'running' || this.#told.has(step)) continue;
      this.#told.add(step);
      this.#add('step', rule, step.endedAt ?? step.startedAt, () => this.#textOf(step));
    }
    if (outcome === undefined) this.#running.set(id, trace);
    else this.#running.delete(id);
    if (outcome !== undefined) this.#add('run', rule, endedAt ?? startedAt, () => `${id} ${outcome}`);
  }

  logged(level: LogLevel, message: string, { rule, stream, plugin }: LogFields): void {
    if (level !== 'warn' && level !== 'error') return;
    const source = String(rule ?? stream ?? plugin ?? 'engine');
    this.#add(
      'log',
      source,
      this.clock.boottime(),
      () => `${level}: ${this.mask.text(message).slice(0, messageLength)}`,
    );
  }

  /** What the engine itself does: starts, reloads, stops. */
  note(text: string): void {
    this.#add('engine', 'engine', this.clock.boottime(), () => this.mask.text(text).slice(0, messageLength));
  }

  /** An action that may end the boot is about to be called. Resolves when the record is safe, after 1 s at the latest. */
  async disrupted({ rule, run, step, action }: DisruptionCall): Promise<void> {
    const trace = this.#running.get(run);
    if (trace) this.traced(trace);
    this.#add('disruption', rule, this.clock.boottime(), () => `calls ${action} (${step}), run ${run}`);
    await this.#inTime(this.#write({ sync: true }));
  }

  /** What became of a call that was to end a boot, this one or the one before. */
  settled({ rule, run, action, asked = [], outcome, detail }: SettledIntent): void {
    const by = asked.length === 0 ? '' : ` by ${asked.map(({ control }) => control).join(', then ')}`;
    const why = detail === undefined ? '' : `: ${this.mask.text(detail).slice(0, messageLength)}`;
    this.#add('disruption', rule, this.clock.boottime(), () => `${action}${by} ${outcome}${why}, run ${run}`);
  }

  /** Writes what is left; takes 1 s at most. */
  async close(): Promise<void> {
    await this.#inTime(this.#write({ sync: true }));
    this.#cancelTimer();
    this.#isClosed = true;
  }

  #textOf({ path, step, outcome, input, error }: StepTrace): string {
    const why = error ? ` ${error.code}: ${this.mask.text(error.message)}` : '';
    const details = input === undefined ? '' : ` ${boundedText(input, textLength, this.mask)}`;
    return `${path} ${step} ${outcome}${why}${details}`.slice(0, messageLength);
  }

  #add(kind: BlackBoxKind, source: string, at: number, text: () => string): void {
    if (this.folder === undefined || this.#isClosed) return;
    const leftOut = this.#budget.admit(kind, source, at);
    if (leftOut === undefined) return;
    const entry: BlackBoxEntry = { at: Math.round(at), kind, source, text: text(), ...(leftOut > 0 && { leftOut }) };
    this.#ring.add(entry);
    if (kind !== 'reading') this.#writeLater();
  }

  /** Not for values of readings: a device on which nothing happens writes nothing. */
  #writeLater(): void {
    if (this.folder === undefined || this.#isClosed) return;
    this.#timer ??= this.clock.schedule(
      writeInterval.milliseconds,
      () => {
        this.#timer = undefined;
        void this.#write({ sync: false });
      },
      'black box',
    );
  }

  /** Writes happen one after the other; what could not be written waits for the next one. */
  #write(options: { readonly sync: boolean }): Promise<void> {
    return (this.#writing = this.#writing.then(() => this.#writeNow(options)));
  }

  async #writeNow(options: { readonly sync: boolean }): Promise<void> {
    if (this.folder === undefined || !this.#boots) return;
    const lines = this.#ring.take(this.clock.boottime());
    try {
      this.#file ??= await BlackBoxFile.open(this.folder, this.#boots);
      if (lines.length > 0) await this.#file.append(lines.map(({ text }) => text).join(''), options);
      this.#fault = undefined;
      if (this.#ring.isEmpty) this.#cancelTimer();
    } catch (error) {
      // Somebody removed it: the next write begins a new one.
      if (errnoOf(error) === 'ENOENT') this.#file = undefined;
      this.#fault = describeError(error).message;
      this.#ring.restore(lines);
      if (!this.#ring.isEmpty) this.#writeLater();
    }
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #inTime(work: Promise<void>): Promise<void> {
    if (this.folder === undefined) return;
    const end = new AbortController();
    const late = this.clock.sleep(longestWrite, 'black box', end.signal).catch(() => undefined);
    await Promise.race([work, late]);
    end.abort();
  }
}

function ofKey(mask: SecretMask, key: string | undefined): string {
  return key === undefined ? '' : ` (key ${mask.text(key).slice(0, 80)})`;
}
