import { pauseAfter } from '../clock/backoff.js';
import type { Clock, Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import type { coreErrorTable } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import { describeError } from '../diagnostics/user-message.js';
import { isGivenUp, retryOf, type DeathReason } from './message.js';
import type { Reach } from '../network/network-reach.js';
import { needsNetwork } from '../network/route-reach.js';
import type { WaitingMessage } from './waiting-message.js';

/** In device time, from the moment that a message was accepted. */
const greatestAge = Duration.parse('7d');
/** Whatever `retry` says: a message may wait for days without an attempt that counts. */
const shortestPause = Duration.parse('1s');
/** Failures of our own side: they say nothing of the receiver, so they do not count as attempts. */
const ownFailures: readonly string[] = [
  'ACTION_UNKNOWN',
  'PLUGIN_FAULT',
  'OUTBOX_SECRET_MISSING',
] satisfies readonly (keyof typeof coreErrorTable)[];

export interface QueueSurroundings {
  readonly clock: Clock;
  readonly random: () => number;
  readonly deviceTime: () => number;
  readonly reach: () => Reach;
  /** One attempt; rejects with what the action threw. */
  readonly send: (message: WaitingMessage, signal: AbortSignal) => Promise<void>;
  readonly delivered: (message: WaitingMessage) => void;
  /** An attempt failed, or was put off; the message stays. */
  readonly failed: (message: WaitingMessage, error: string) => void;
  readonly died: (message: WaitingMessage, reason: DeathReason) => void;
  readonly emptied: () => void;
}

/** The messages to one target, delivered one after the other. While the first cannot be delivered, the others wait. */
export class TargetQueue {
  readonly #messages: WaitingMessage[] = [];
  /** Failed and put off attempts in a row, of messages that the receiver did not answer. */
  #setbacks = 0;
  /** Boottime in milliseconds of the last of them. */
  #setBackAt = 0;
  #timer: Timer | undefined;
  #attempt: AbortController | undefined;
  #isClosed = false;

  constructor(
    readonly target: string,
    private readonly surroundings: QueueSurroundings,
  ) {}

  /** Whether the first message failed and its next attempt is yet to come. */
  get isPaused(): boolean {
    return this.#timer !== undefined;
  }

  push(message: WaitingMessage): void {
    const behind = this.#messages.findIndex(({ letter }) => letter.sequence > message.letter.sequence);
    this.#messages.splice(behind < 0 ? this.#messages.length : behind, 0, message);
    this.#next();
  }

  /** @returns false when an attempt to deliver it is in progress */
  remove(message: WaitingMessage): boolean {
    const place = this.#messages.indexOf(message);
    if (place < 0 || (place === 0 && this.#attempt)) return false;
    this.#messages.splice(place, 1);
    if (place === 0) this.#goOn();
    return true;
  }

  /** Ends the attempt in progress; the messages stay on record. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#attempt?.abort();
    for (const message of this.#messages) message.tell(false);
  }

  /** After an answer. */
  #resume(): void {
    this.#setbacks = 0;
    this.#next();
  }

  /** After the first message went without an answer: that makes no attempt more likely to succeed. */
  #goOn(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const [first] = this.#messages;
    if (first && this.#setbacks > 0) this.#wait(first);
    else this.#next();
  }

  #next(): void {
    if (this.#isClosed || this.#attempt || this.#timer) return;
    const [first] = this.#messages;
    if (!first) return this.surroundings.emptied();
    if (first.age(this.surroundings.deviceTime()).milliseconds >= greatestAge.milliseconds) {
      this.#take(first);
      this.surroundings.died(first, 'expired');
      return this.#goOn();
    }
    if (this.#reach() === 'away') return this.#pause(first, 'the network is away');
    this.#attempt = new AbortController();
    void this.#deliver(first, this.#attempt.signal);
  }

  async #deliver(message: WaitingMessage, signal: AbortSignal): Promise<void> {
    const { send, delivered, died } = this.surroundings;
    try {
      await send(message, signal);
    } catch (error) {
      this.#attempt = undefined;
      if (this.#isClosed) return;
      this.#count(message, error);
      const { message: reason } = describeError(error);
      if (!isGivenUp(message.letter, message.progress)) return this.#pause(message, reason);
      this.surroundings.failed(message, reason);
      return this.#settle(message, () => died(message, 'refused'));
    }
    this.#attempt = undefined;
    this.#settle(message, () => delivered(message));
  }

  #settle(message: WaitingMessage, tell: () => void): void {
    this.#take(message);
    tell();
    this.#resume();
  }

  #take(message: WaitingMessage): void {
    this.#messages.splice(this.#messages.indexOf(message), 1);
  }

  #count(message: WaitingMessage, error: unknown): void {
    const isOurs = error instanceof DeviceError && ownFailures.includes(error.code);
    if (isOurs || this.#reach() !== 'everywhere') return;
    const { attempts, refusals } = message.progress;
    const isFinal = error instanceof DeviceError && error.isFinal;
    message.progress = { ...message.progress, attempts: attempts + 1, refusals: refusals + (isFinal ? 1 : 0) };
  }

  #reach(): Reach {
    return needsNetwork(this.target) ? this.surroundings.reach() : 'everywhere';
  }

  #pause(first: WaitingMessage, reason: string): void {
    this.#setbacks += 1;
    this.#setBackAt = this.surroundings.clock.boottime();
    this.#wait(first);
    this.surroundings.failed(first, reason);
    for (const message of this.#messages) message.tell(false);
  }

  #wait(first: WaitingMessage): void {
    const { clock, random, deviceTime } = this.surroundings;
    const pause = pauseAfter(this.#setbacks, retryOf(first.letter), random).milliseconds;
    const due = this.#setBackAt + Math.max(pause, shortestPause.milliseconds) - clock.boottime();
    const untilTooOld = greatestAge.milliseconds - first.age(deviceTime()).milliseconds;
    const onTime = (): void => {
      this.#timer = undefined;
      this.#next();
    };
    this.#timer = clock.schedule(Math.max(0, Math.min(due, untilTooOld)), onTime, `deliver to ${this.target}`);
  }
}
