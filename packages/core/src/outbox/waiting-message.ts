import { Duration } from '../clock/duration.js';
import type { Letter, Progress } from './message.js';

/** A message that is not through yet, with those who want to know how its first attempt ends. */
export class WaitingMessage {
  readonly #watchers = new Set<(delivered: boolean) => void>();

  constructor(
    readonly letter: Letter,
    /** Bytes it takes of the bound. */
    readonly size: number,
    public progress: Progress = { attempts: 0, refusals: 0 },
  ) {}

  /** Resolves with true when it is delivered, with false when it turns out that it has to wait, or is given up. */
  outcome(): Promise<boolean> {
    return new Promise((resolve) => this.#watchers.add(resolve));
  }

  tell(delivered: boolean): void {
    for (const watcher of this.#watchers) watcher(delivered);
    this.#watchers.clear();
  }

  age(deviceTime: number): Duration {
    return Duration.ofMilliseconds(Math.max(0, deviceTime - this.letter.acceptedAt));
  }
}
