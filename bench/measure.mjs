/** Shared by the benchmarks: repeated measurement, the median, and the one JSON line. */

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Calls per second of `work(calls)`: the median of several rounds that last about `seconds` each. */
export async function rate(work, { rounds = 5, seconds = 0.4, warmUp = 1 } = {}) {
  let calls = 64;
  let elapsed = 0;
  while (elapsed < 0.02) {
    calls *= 2;
    elapsed = await time(work, calls);
  }
  const batch = Math.max(1, Math.round((calls / elapsed) * seconds));
  for (let round = 0; round < warmUp; round += 1) await time(work, batch);
  const rates = [];
  for (let round = 0; round < rounds; round += 1) rates.push(batch / (await time(work, batch)));
  return median(rates);
}

/** Measures several kinds of work in turn, A B A B …, so that a drift of the machine's speed hits all alike. */
export async function rates(works, { rounds = 5, ...options } = {}) {
  const results = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, work] of Object.entries(works)) {
      results[name].push(await rate(work, { ...options, rounds: 1, warmUp: round === 0 ? 1 : 0 }));
    }
  }
  return Object.fromEntries(Object.entries(results).map(([name, values]) => [name, median(values)]));
}

async function time(work, calls) {
  const start = performance.now();
  await work(calls);
  return (performance.now() - start) / 1000;
}

export function round(value, digits = 2) {
  return Number(value.toPrecision(digits + 1));
}

export function print(result) {
  console.log(JSON.stringify(result));
}
