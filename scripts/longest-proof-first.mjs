/** The order of `npm run prove`: a test file that says in a comment how long it takes (`Proof: 30 min.`) begins before shorter ones. */
import { readFileSync } from 'node:fs';

export default class LongestProofFirst {
  sort(tests) {
    const timed = tests.map((test) => ({ test, minutes: minutesOf(test.path) }));
    return timed.sort((one, other) => other.minutes - one.minutes).map(({ test }) => test);
  }

  /** Jest offers the durations of each run; the order here needs none. */
  cacheResults() {}
}

function minutesOf(path) {
  return Number(/\bProof: (\d+) min\./.exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
}
