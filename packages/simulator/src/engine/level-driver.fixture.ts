import { Duration, type Clock } from '@devicerc/core';
import type { LevelRecord } from './level-record.fixture.js';
import type { SeededRandom } from './seeded-random.fixture.js';

/** What a driver needs of the soak. */
export interface LevelWorld {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly record: LevelRecord;
  /** Whether no further episode is to begin. */
  readonly isOver: () => boolean;
  /** Whether nothing is worth waiting for any more. */
  readonly isGivenUp: () => boolean;
  set(rule: string, value: number): void;
  /** Resolves once an engine has come to what was sent until now. */
  noticed(): Promise<void>;
}

/** An episode that lasts has to fire within this: an engine that was killed may count 20 s again, and the outbox waits, too. */
const patience = 90_000;

/** Turns the condition of one level rule on and off, for long enough to fire or too shortly. */
export class LevelDriver {
  #episode = 0;

  constructor(
    private readonly rule: string,
    /** `for` of the rule. */
    private readonly holdsFor: Duration,
    private readonly world: LevelWorld,
  ) {}

  async run(): Promise<void> {
    const { random, clock, isOver } = this.world;
    while (!isOver()) {
      if (random.next() < 0.6) await this.long();
      else await this.brief();
      await clock.sleep(Duration.ofMilliseconds(random.between(0, 500)), 'between two episodes');
    }
  }

  /** Stays on until it has fired. */
  async long(): Promise<void> {
    const { clock, record, isGivenUp } = this.world;
    const episode = this.#begin();
    record.expect(this.rule, episode, 1);
    const deadline = clock.boottime() + patience;
    while (!record.hasFired(this.rule, episode) && !isGivenUp() && clock.boottime() < deadline) {
      await clock.sleep(Duration.parse('50ms'), 'poll of an episode');
    }
    // What would fire twice would do so while it stays on.
    await clock.sleep(this.#share(this.world.random.between(0, 1)), 'rest of an episode');
    await this.#end();
  }

  /** Turns off before it may fire. */
  async brief(): Promise<void> {
    const { clock, record } = this.world;
    const episode = this.#begin();
    const begin = clock.boottime();
    await clock.sleep(this.#share(0.3), 'a short episode');
    this.world.set(this.rule, 0);
    // A busy machine may have kept this test from turning it off in time.
    if (clock.boottime() - begin < this.holdsFor.milliseconds * 0.9) record.expect(this.rule, episode, 0);
    await this.world.noticed();
  }

  /** Is on, and turned off while the engine is stopped, which goes on only after `for` has passed. */
  async duringStop(stop: (turnOff: () => void) => Promise<void>): Promise<void> {
    const episode = this.#begin();
    this.world.record.expect(this.rule, episode, 0);
    await this.world.clock.sleep(this.#share(0.2), 'the engine notices');
    await stop(() => this.world.set(this.rule, 0));
    await this.world.noticed();
  }

  #begin(): number {
    this.#episode += 1;
    this.world.record.begin(this.rule, this.#episode);
    this.world.set(this.rule, this.#episode);
    return this.#episode;
  }

  async #end(): Promise<void> {
    this.world.set(this.rule, 0);
    await this.world.noticed();
  }

  #share(share: number): Duration {
    return Duration.ofMilliseconds(this.holdsFor.milliseconds * share);
  }
}
