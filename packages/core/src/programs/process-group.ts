import type { ChildProcess } from 'node:child_process';
import type { Clock, Timer } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';

/** What a program has to end itself after SIGTERM; the engine itself has 8 s to stop. */
const graceTime = Duration.parse('2s');
/** How long the end is awaited after SIGKILL: what waits in the kernel, as for a disk, ends when that answers, or never. */
const killTime = Duration.parse('1s');

export type ProcessExit = readonly [code: number | null, signal: NodeJS.Signals | null];

/** A program that was started in a process group of its own, and what it has started itself. */
export class ProcessGroup {
  /** Of its first process; rejects with `PROGRAM_STUCK` when not even SIGKILL ends that. */
  readonly exit: Promise<ProcessExit>;
  /** Runs while members that were asked to end have time to. */
  #grace: Timer | undefined;
  #patience: Timer | undefined;
  #isLed = true;
  #isLeft = false;
  #giveUp!: (error: Error) => void;

  /** @param over called when nobody has to look after it any more */
  constructor(
    private readonly child: ChildProcess,
    /** By which it is called in an error. */
    private readonly program: string,
    private readonly clock: Clock,
    private readonly over: () => void,
  ) {
    this.exit = new Promise((resolve, reject) => {
      this.#giveUp = reject;
      child.once('exit', (...exit) => {
        this.#leaderIsGone();
        resolve(exit);
      });
    });
    // Whoever started it may have given up waiting.
    this.exit.catch(() => undefined);
  }

  /** SIGTERM, and SIGKILL for those that are there two seconds later. */
  terminate(): void {
    this.#signal('SIGTERM');
    this.#grace ??= this.clock.schedule(graceTime.milliseconds, () => this.kill(), 'end of a program');
  }

  kill(): void {
    this.#signal('SIGKILL');
    this.#graceIsOver();
    if (this.#isLed)
      this.#patience ??= this.clock.schedule(killTime.milliseconds, () => this.#stuck(), 'end of a program');
  }

  /** Nobody waits for it any more. What it left in the background when it ended in order is left alone. */
  leave(): void {
    this.#isLeft = true;
    this.#checkOver();
  }

  #stuck(): void {
    this.#giveUp(
      coreError('PROGRAM_STUCK', `Not even SIGKILL ends ${this.program}: it is left behind.`, { isUncertain: true }),
    );
  }

  #leaderIsGone(): void {
    this.#isLed = false;
    this.#patience?.cancel();
    if (!this.#hasMembers()) this.#graceIsOver();
    this.#checkOver();
  }

  #graceIsOver(): void {
    this.#grace?.cancel();
    this.#grace = undefined;
    this.#checkOver();
  }

  #checkOver(): void {
    if (this.#isLeft && !this.#isLed && !this.#grace) this.over();
  }

  /** A group lives on after its first process, with those that this one started. */
  #hasMembers(): boolean {
    try {
      return process.kill(-this.child.pid!, 0);
    } catch {
      return false;
    }
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.child.pid!, signal);
    } catch {
      // The group has ended already.
    }
  }
}
