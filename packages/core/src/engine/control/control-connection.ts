import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../clock/clock.js';
import { Duration } from '../../clock/duration.js';
import { coreError } from '../../diagnostics/core-errors.js';
import { describeError } from '../../diagnostics/user-message.js';
import { LineReader } from './line-reader.js';
import { controlVersion, largestAnswer, largestRequest, type ControlAnswer } from './protocol.js';

/** A client that asks nothing, or takes nothing of its answer, is closed after this. */
const idleTime = Duration.parse('1m');
/** What a client that is turned away has to read the reason; by then it has given up itself. */
const farewellTime = Duration.parse('10s');

interface ConnectionOptions {
  readonly clock: Clock;
  /** The masked result of a request, ready for JSON. */
  readonly answer: (request: unknown) => Promise<unknown>;
  readonly onClose: () => void;
}

/** One client: its requests are answered one after the other, and none is read while another is at work. */
export class ControlConnection {
  readonly #requests = new LineReader(largestRequest);
  #idle: Timer | undefined;
  #isAnswering = false;
  #hasEnded = false;
  #isRefused = false;

  constructor(
    private readonly socket: Socket,
    private readonly options: ConnectionOptions,
  ) {
    socket.on('data', (chunk) => {
      if (this.#isRefused) return;
      this.#requests.push(chunk);
      void this.#serve();
    });
    socket.on('end', () => {
      if (this.#isRefused) return;
      this.#hasEnded = true;
      void this.#serve();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#idle?.cancel();
      options.onClose();
    });
    this.#await();
  }

  /**
   * Turns the client away with a reason. What it still sends is taken, and thrown away: from a socket that is closed with
   * data in it, the client would get EPIPE or ECONNRESET in place of the reason.
   */
  refuse(error: unknown): void {
    this.#idle?.cancel();
    this.#isRefused = true;
    this.#idle = this.options.clock.schedule(
      farewellTime.milliseconds,
      () => this.socket.destroy(),
      'control client that is turned away',
    );
    this.socket.end(failure(error));
    this.socket.resume();
  }

  destroy(): void {
    this.socket.destroy();
  }

  async #serve(): Promise<void> {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    this.socket.pause();
    this.#idle?.cancel();
    for (let line = this.#requests.next(); line !== undefined; line = this.#requests.next()) {
      await this.#send(await this.#answer(line));
      // Requests that are there already, and a client that takes each answer at once, would leave no time for anything else.
      await this.options.clock.nextTurn();
    }
    this.#isAnswering = false;
    if (this.#requests.isOverfull) {
      this.refuse(coreError('CONTROL_REQUEST', `The request is larger than ${largestRequest} bytes.`));
    } else if (this.#hasEnded) this.socket.end();
    else this.#await();
  }

  #await(): void {
    if (this.socket.destroyed) return;
    this.#idle = this.options.clock.schedule(idleTime.milliseconds, () => this.socket.destroy(), 'idle control client');
    this.socket.resume();
  }

  async #answer(line: string): Promise<string> {
    try {
      const result = await this.options.answer(parsed(line));
      const text = lineOf({ version: controlVersion, ok: true, result });
      if (Buffer.byteLength(text) <= largestAnswer) return text;
      return failure(coreError('CONTROL_ANSWER', `The answer is larger than ${largestAnswer} bytes.`));
    } catch (error) {
      return failure(error);
    }
  }

  /** Resolves when the client has taken the line, or is gone. */
  #send(text: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.destroyed) return resolve();
      const timer = this.options.clock.schedule(
        idleTime.milliseconds,
        () => this.socket.destroy(),
        'slow control client',
      );
      this.socket.write(text, () => {
        timer.cancel();
        resolve();
      });
    });
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw coreError('CONTROL_REQUEST', 'The request is not JSON.');
  }
}

function failure(error: unknown): string {
  return lineOf({ version: controlVersion, ok: false, error: describeError(error) });
}

function lineOf(answer: ControlAnswer): string {
  return `${JSON.stringify(answer)}\n`;
}
