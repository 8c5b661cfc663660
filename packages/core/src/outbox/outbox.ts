import type { ActionCall, ActionRunner } from '../actions/action-runner.js';
import type { ActionDescription } from '../actions/action.js';
import type { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { Logger } from '../diagnostics/logger.js';
import { describeError } from '../diagnostics/user-message.js';
import type { Ledger } from '../ledger/ledger.js';
import { letterOf, targetOf, type DeathReason, type Letter } from './message.js';
import type { Reach } from '../network/network-reach.js';
import { entryOf, type OutboxList } from './outbox-list.js';
import { OutboxRecords, sizeOf } from './outbox-records.js';
import { SecretSeal } from './secret-seal.js';
import { TargetQueue } from './target-queue.js';
import { WaitingMessage } from './waiting-message.js';

/** Waiting messages of one engine; beyond either bound the oldest is given up. */
const waitingLimit = { count: 1_000, bytes: 1024 * 1024 };
const messageLimit = 256 * 1024;
/** How long a step waits for the first attempt, unless it has a timeout of its own. */
const defaultPatience = Duration.parse('10s');

/** The present way out: actions by name, and what is known of them. */
export interface Carrier {
  readonly actions: ActionRunner;
  readonly describe: (action: string) => ActionDescription | undefined;
}

export interface OutboxSurroundings {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly random: () => number;
  readonly reach: () => Reach;
  /** Takes every secret out of a text, those of the environment too. */
  readonly mask: (text: string) => string;
}

/**
 * Messages on their way: each is on record before its first attempt, and stays there until its receiver has said yes, or it
 * is given up. It outlives the plugins whose actions carry the messages.
 */
export class Outbox {
  readonly #records: OutboxRecords;
  readonly #seal = new SecretSeal();
  readonly #waiting = new Map<string, WaitingMessage>();
  readonly #queues = new Map<string, TargetQueue>();
  /** The queue that each waiting message stands in, by its key. */
  readonly #places = new Map<string, TargetQueue>();
  readonly #sending = new Set<Promise<void>>();
  #carrier: Carrier | undefined;
  #sequence: number;
  #bytes = 0;
  #isTold = false;

  constructor(private readonly surroundings: OutboxSurroundings) {
    this.#records = new OutboxRecords(surroundings.ledger);
    this.#sequence = this.#records.lastSequence;
    for (const { letter, progress } of this.#records.waiting()) {
      this.#add(new WaitingMessage(letter, sizeOf(letter), progress));
    }
  }

  /** The secrets of the file: kept out of the record, and put in again when a message is sent. */
  useSecrets(secrets: Readonly<Record<string, string>>): void {
    this.#seal.use(secrets);
  }

  /** Begins to deliver what waits, and what comes. */
  open(carrier: Carrier): void {
    this.#carrier = carrier;
    for (const message of this.#waiting.values()) this.#enqueue(message);
  }

  /** Aborts the attempts in progress; resolves when they have ended. What is accepted from now on waits for the next `open`. */
  async close(): Promise<void> {
    this.#carrier = undefined;
    for (const queue of this.#queues.values()) queue.close();
    this.#queues.clear();
    this.#places.clear();
    await Promise.all(this.#sending);
  }

  /**
   * Puts a message on record and waits for its first attempt, as long as the call's timeout says. A call that was accepted
   * before, in this life of the engine or in another, is not accepted twice.
   *
   * @returns whether it was delivered; otherwise it waits, or was given up
   * @throws DeviceError `OUTBOX_MESSAGE_TOO_LARGE`, `ACTION_ABORTED`
   */
  async accept(call: ActionCall): Promise<boolean> {
    if (call.signal.aborted) throw abortedError(call);
    const letter = letterOf(
      call,
      this.#sequence + 1,
      this.#seal.seal(call.input),
      this.surroundings.ledger.deviceTime(),
    );
    const settled = this.#records.settled(letter.key);
    if (settled) return settled.delivered;
    const message = this.#waiting.get(letter.key) ?? (await this.#admit(letter));
    return this.#firstOutcome(message, call);
  }

  list(): OutboxList {
    const now = this.surroundings.ledger.deviceTime();
    return {
      waiting: [...this.#waiting.values()].map((message) => ({
        ...entryOf(message.letter, message.progress, message.age(now)),
        target: this.surroundings.mask(this.#places.get(message.letter.key)?.target ?? ''),
      })),
      dead: this.#records.dead.map(({ letter, progress, reason }) => ({
        ...entryOf(letter, progress, Duration.ofMilliseconds(Math.max(0, now - letter.acceptedAt))),
        reason,
      })),
    };
  }

  async #admit(letter: Letter): Promise<WaitingMessage> {
    const message = new WaitingMessage(letter, sizeOf(letter));
    if (message.size > messageLimit) {
      throw coreError('OUTBOX_MESSAGE_TOO_LARGE', `The message of ${letter.step} has ${message.size} bytes.`);
    }
    this.#sequence = letter.sequence;
    this.#records.keep(letter);
    this.#add(message);
    this.#makeRoom(message);
    await this.#commit();
    this.#enqueue(message);
    return message;
  }

  #add(message: WaitingMessage): void {
    this.#waiting.set(message.letter.key, message);
    this.#bytes += message.size;
  }

  #forget(message: WaitingMessage): void {
    this.#waiting.delete(message.letter.key);
    this.#places.delete(message.letter.key);
    this.#bytes -= message.size;
  }

  #makeRoom(newest: WaitingMessage): void {
    for (const message of this.#waiting.values()) {
      if (this.#waiting.size <= waitingLimit.count && this.#bytes <= waitingLimit.bytes) return;
      if (message === newest) continue;
      const queue = this.#places.get(message.letter.key);
      if (!queue || queue.remove(message)) this.#died(message, 'overflow');
    }
  }

  /** A record that cannot be made safe is no reason to stay silent: the message is kept in memory, and that is said. */
  async #commit(): Promise<void> {
    const { ledger } = this.surroundings;
    try {
      await ledger.commit();
      this.#tellDurability(ledger.durability.durable ? undefined : ledger.durability.reason);
    } catch (error) {
      this.#tellDurability(describeError(error).message);
    }
  }

  #tellDurability(reason: string | undefined): void {
    if (reason !== undefined && !this.#isTold) {
      this.surroundings.log.warn(`Messages that wait are not safe from a power cut: ${reason}`);
    }
    this.#isTold = reason !== undefined;
  }

  async #firstOutcome(message: WaitingMessage, call: ActionCall): Promise<boolean> {
    if (call.signal.aborted) throw abortedError(call);
    const { key } = message.letter;
    if (!this.#waiting.has(key)) return this.#records.settled(key)?.delivered ?? false;
    const queue = this.#places.get(key);
    if (!queue || queue.isPaused) return false;
    const impatience = new AbortController();
    const onAbort = (): void => impatience.abort();
    call.signal.addEventListener('abort', onAbort, { once: true });
    const tooLong = this.surroundings.clock
      .sleep(call.timeout ?? defaultPatience, `first attempt of ${call.action}`, impatience.signal)
      .catch(() => undefined)
      .then(() => false);
    const delivered = await Promise.race([message.outcome(), tooLong]);
    call.signal.removeEventListener('abort', onAbort);
    impatience.abort();
    if (call.signal.aborted) throw abortedError(call);
    return delivered;
  }

  #enqueue(message: WaitingMessage): void {
    const { action, key } = message.letter;
    if (!this.#carrier || !this.#waiting.has(key) || this.#places.has(key)) return;
    const target = this.#targetOf(message.letter);
    const name = `${action} ${target}`;
    const queue = this.#queues.get(name) ?? this.#openQueue(name, target);
    this.#places.set(key, queue);
    queue.push(message);
  }

  #openQueue(name: string, target: string): TargetQueue {
    const { clock, random, ledger, reach } = this.surroundings;
    const queue: TargetQueue = new TargetQueue(target, {
      clock,
      random,
      deviceTime: () => ledger.deviceTime(),
      reach,
      send: (message, signal) => this.#send(message, signal),
      delivered: (message) => this.#delivered(message),
      failed: (message, error) => this.#failed(message, error),
      died: (message, reason) => this.#died(message, reason),
      emptied: () => void this.#queues.delete(name),
    });
    this.#queues.set(name, queue);
    return queue;
  }

  #send({ letter, progress }: WaitingMessage, signal: AbortSignal): Promise<void> {
    const { action, rule, run, step } = letter;
    const sent = (async () => {
      const input = this.#seal.open(letter.input);
      await this.#carrier!.actions.run({ action, input, rule, run, step, signal, attempt: progress.attempts + 1 });
    })();
    const ended = sent.then(
      () => undefined,
      () => undefined,
    );
    this.#sending.add(ended);
    void ended.then(() => this.#sending.delete(ended));
    return sent;
  }

  #delivered(message: WaitingMessage): void {
    const { letter, progress } = message;
    this.#forget(message);
    this.#records.delivered(letter);
    message.tell(true);
    if (progress.lastError === undefined) return;
    const age = message.age(this.surroundings.ledger.deviceTime());
    this.#log(letter).info(`The message of ${letter.rule} that waited for ${age} is delivered.`);
  }

  #failed(message: WaitingMessage, error: string): void {
    const { letter, progress } = message;
    const lastError = this.surroundings.mask(error);
    if (progress.lastError === undefined) {
      this.#log(letter).warn(`The message of ${letter.rule} waits in the outbox: ${lastError}`);
    }
    message.progress = { ...progress, lastError };
    if (letter.retry || progress.refusals > 0) this.#records.keepProgress(letter, message.progress);
  }

  #died(message: WaitingMessage, reason: DeathReason): void {
    const { letter, progress } = message;
    this.#forget(message);
    this.#records.died({ letter, reason, progress, diedAt: this.surroundings.ledger.deviceTime() });
    message.tell(false);
    this.#log(letter).error(`The message of ${letter.rule} is given up: ${deathText(reason)}`, {
      attempts: progress.attempts,
      ...(progress.lastError !== undefined && { lastError: progress.lastError }),
    });
  }

  #targetOf({ action, input }: Letter): string {
    try {
      return targetOf(this.#carrier?.describe(action), this.#seal.open(input));
    } catch {
      return '';
    }
  }

  #log({ action, rule, run, step }: Letter): Logger {
    return this.surroundings.log.child({ action, rule, run, step });
  }
}

const deathTexts: Readonly<Record<DeathReason, string>> = {
  expired: 'it waited for 7 days.',
  refused: 'it was refused too often.',
  overflow: 'newer messages needed its place.',
};

function deathText(reason: DeathReason): string {
  return deathTexts[reason];
}

function abortedError({ action }: ActionCall): Error {
  return coreError(
    'ACTION_ABORTED',
    `${action} was aborted with its run; a message that was accepted is still delivered.`,
  );
}
