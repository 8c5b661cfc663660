import { Duration } from '@devicerc/core';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SeededRandom } from './seeded-random.fixture.js';
import { Soak } from './soak.fixture.js';

// Proof: 18 min.
const moments = process.env['DEVICERC_PROVE'] ? 200 : 10;
const seed = Number(process.env['DEVICERC_SEED'] ?? Math.floor(Math.random() * 1e9));

let soak: Soak;
let random: SeededRandom;
beforeEach(async () => {
  random = new SeededRandom(seed);
  soak = new Soak(random, Duration.parse('2s'));
  await soak.open();
});
afterEach(() => soak.close());

test(
  `SIGTERM in ${moments} random moments of 50 rules under 100 signals a second: it ends within 8 s with code 0, and nothing is lost`,
  async () => {
    soak.startLife();
    soak.beginLoad();
    const took: number[] = [];
    for (let moment = 1; moment <= moments; moment += 1) {
      await soak.running();
      await soak.clock.sleep(Duration.ofMilliseconds(random.between(0, 3_000)), 'life of the engine');
      const end = await soak.terminate();
      expect({ seed, moment, ...end, took: end.took < 8_000 || end.took }).toEqual({
        seed,
        moment,
        code: 0,
        signal: null,
        copiesLeft: 0,
        took: true,
      });
      took.push(end.took);
      soak.startLife();
    }
    await soak.finish();
    const last = await soak.terminate();
    const { lost, duplicated } = soak.verdict();
    process.stdout.write(
      `${moments} moments of SIGTERM, seed ${seed}: it took ${Math.round(Math.min(...took))} to ${Math.round(Math.max(...took))} ms; ` +
        `${lost.length} lost, ${duplicated.length} duplicated\n`,
    );
    expect({ seed, lost, duplicated, complaints: soak.complaints }).toEqual({
      seed,
      lost: [],
      duplicated: [],
      complaints: [],
    });
    expect(last.code).toBe(0);
  },
  180_000 + moments * 15_000,
);
