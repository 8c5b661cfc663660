import { Duration } from '@devicerc/core';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SeededRandom } from './seeded-random.fixture.js';
import { Soak } from './soak.fixture.js';

// Proof: 33 min.
const isProof = Boolean(process.env['DEVICERC_PROVE']);
const seed = Number(process.env['DEVICERC_SEED'] ?? Math.floor(Math.random() * 1e9));
const length = Duration.parse(process.env['DEVICERC_SOAK'] ?? (isProof ? '30m' : '60s'));
const times = isProof
  ? { kill: '2m', stop: '3m', stopped: '10s', reload: '20s', levelFor: '5s', settled: '60s' }
  : { kill: '15s', stop: '20s', stopped: '3s', reload: '5s', levelFor: '2s', settled: '4s' };

let soak: Soak;
let random: SeededRandom;
beforeEach(async () => {
  random = new SeededRandom(seed);
  soak = new Soak(random, Duration.parse(times.levelFor));
  await soak.open();
});
afterEach(() => soak.close());

/** Pipes of the four programs that may be held at the moment, and connections to the receiver. */
const passingDescriptors = 4 * 3 + 4;

/** Memory and descriptors of one life, a while after it has begun to listen. */
interface Measure {
  readonly memory: number;
  readonly descriptors: number;
}

test(
  `${length} of 50 rules under 100 signals a second, with reloads, kills and stops of the process: nothing is lost, nothing happens twice, nothing grows`,
  async () => {
    soak.startLife();
    soak.beginLoad();
    const measures: Measure[] = [];
    const disturbances = { kill: 0, stop: 0, reload: 0 };
    const due = new Map(Object.keys(disturbances).map((name) => [name, next(name as keyof typeof disturbances)]));
    const end = soak.clock.boottime() + length.milliseconds;
    /** Each disturbance with the numbers of the signals that were sent meanwhile. */
    const history: string[] = [];
    let listensSince = 0;
    let isMeasured = false;
    await soak.listening();
    while (soak.clock.boottime() < end) {
      const now = soak.clock.boottime();
      if (soak.lives > 1 && !isMeasured && now > listensSince + Duration.parse(times.settled).milliseconds) {
        measures.push({ memory: await soak.life.residentMemory(), descriptors: await soak.life.openDescriptors() });
        isMeasured = true;
      }
      for (const name of Object.keys(disturbances) as (keyof typeof disturbances)[]) {
        if (now < due.get(name)!) continue;
        const begin = soak.firings.sent;
        await disturb[name]();
        await soak.listening();
        history.push(`${name} ${begin}-${soak.firings.sent}`);
        disturbances[name] += 1;
        due.set(name, next(name));
        if (name !== 'kill') continue;
        listensSince = soak.clock.boottime();
        isMeasured = false;
      }
      await soak.clock.sleep(Duration.parse('50ms'), 'soak');
    }
    await soak.finish();
    const { code, took, copiesLeft } = await soak.terminate();

    const firings = soak.firings.figures();
    const { expected, fired, lost, duplicated } = soak.verdict();
    const [first, last] = [measures[0]!, measures.at(-1)!];
    const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    process.stdout.write(
      `soak: ${length}, seed ${seed}: ${JSON.stringify(disturbances)}\n` +
        `  ${expected} firings expected, ${fired} fired, ${lost.length} lost, ${duplicated.length} duplicated; ` +
        `${firings.uncertain} of ${firings.sent} signals met no engine or its end, which was ` +
        `${Math.round(soak.firings.longestDelay)} ms behind them at most; ${firings.repeatedDeliveries} deliveries repeated under their key\n` +
        `  ${soak.levels.figures().episodes} episodes, ${soak.holds.switched} switches of holds, ` +
        `${soak.cron.figures().fired} and ${soak.every.figures().fired} occurrences of cron and every\n` +
        `  memory ${mebibytes(first.memory)} after the first restart, ${mebibytes(last.memory)} after the last; ` +
        `descriptors ${first.descriptors} and ${last.descriptors}; ledger ${mebibytes(await soak.ledgerSize())}; ` +
        `stopped in ${Math.round(took)} ms with code ${code}\n`,
    );
    if (lost.length + duplicated.length > 0) process.stdout.write(`  ${history.join(', ')}\n`);
    expect({ seed, lost, duplicated, complaints: soak.complaints }).toEqual({
      seed,
      lost: [],
      duplicated: [],
      complaints: [],
    });
    expect(Math.min(...Object.values(disturbances))).toBeGreaterThan(0);
    expect(soak.every.figures().fired).toBeGreaterThan(0);
    expect(soak.firings.longestDelay).toBeLessThan(30_000);
    // A soak that accounts for little of what was sent proves little.
    expect(expected).toBeGreaterThan(firings.sent / 4);
    expect(last.memory).toBeLessThan(first.memory * 1.2);
    expect(last.descriptors).toBeLessThanOrEqual(first.descriptors + passingDescriptors);
    expect({ code, copiesLeft }).toEqual({ code: 0, copiesLeft: 0 });
    expect(took).toBeLessThan(8_000);
  },
  length.milliseconds + 240_000,
);

const disturb = {
  kill: async (): Promise<void> => {
    await soak.kill();
    await soak.clock.sleep(Duration.ofMilliseconds(random.between(0, 1_000)), 'before the next engine');
    soak.startLife();
  },
  stop: (): Promise<void> => soak.freeze(Duration.parse(times.stopped)),
  reload: (): Promise<void> => soak.reload(),
};

/** When the next disturbance of a kind is due, about its distance from now. */
function next(name: keyof typeof disturb): number {
  return soak.clock.boottime() + Duration.parse(times[name]).milliseconds * random.between(0.75, 1.25);
}
