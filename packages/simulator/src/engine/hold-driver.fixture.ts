import { Duration, type Clock } from '@devicerc/core';
import type { SeededRandom } from './seeded-random.fixture.js';

/** What a driver needs of the soak. */
export interface HoldWorld {
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** Whether it is not to be turned on again. */
  readonly isOver: () => boolean;
  /** Whether nothing is worth waiting for any more. */
  readonly isGivenUp: () => boolean;
  /** The number of the engine's life; undefined while it does not listen, and what is seen says nothing. */
  readonly life: () => number | undefined;
  set(rule: string, value: number): void;
  noticed(): Promise<void>;
  /** How many copies of the rule's program run. */
  copies(rule: string): Promise<number>;
}

export interface HoldFigures {
  switched: number;
  readonly lost: string[];
  readonly duplicated: string[];
}

const patience = 30_000;
const look = Duration.parse('100ms');

/** Turns the condition of one hold on and off, and looks whether exactly one copy of its program runs, or none. */
export class HoldDriver {
  constructor(
    private readonly rule: string,
    private readonly world: HoldWorld,
    private readonly figures: HoldFigures,
  ) {}

  async run(): Promise<void> {
    let round = 0;
    while (!this.world.isOver()) {
      round += 1;
      await this.#expect(1, round);
      await this.#expect(0, 0);
      this.figures.switched += 2;
    }
  }

  async #expect(copies: 0 | 1, value: number): Promise<void> {
    const { world } = this;
    const { clock, random } = world;
    world.set(this.rule, value);
    await world.noticed();
    const deadline = clock.boottime() + patience;
    while ((await world.copies(this.rule)) !== copies) {
      if (world.isGivenUp()) return;
      if (clock.boottime() > deadline) {
        this.#complain(copies, await world.copies(this.rule));
        return;
      }
      await clock.sleep(look, 'poll of a hold');
    }
    const end = clock.boottime() + random.between(500, 2_500);
    while (clock.boottime() < end) {
      const life = world.life();
      const seen = await world.copies(this.rule);
      if (seen !== copies && life !== undefined && life === world.life()) this.#complain(copies, seen);
      await clock.sleep(look, 'poll of a hold');
    }
  }

  #complain(copies: 0 | 1, seen: number): void {
    const list = seen > copies ? this.figures.duplicated : this.figures.lost;
    list.push(`${this.rule}: ${seen} copies, not ${copies}`);
  }
}
