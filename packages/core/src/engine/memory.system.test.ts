import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { RealClock } from '../clock/real-clock.js';
import { SmallHeapEngine } from './small-heap.fixture.js';
import { worstFiles } from './worst-files.fixture.js';

// Proof: 32 min.
const together = Duration.parse(process.env['DEVICERC_PROVE'] ? '30m' : '60s');
const slice = Duration.ofMilliseconds(together.milliseconds / Object.keys(worstFiles).length);

let clock: RealClock;
let engine: SmallHeapEngine | undefined;
beforeAll(() => {
  clock = new RealClock();
});
afterEach(async () => {
  await engine?.remove();
  engine = undefined;
});
afterAll(() => clock.dispose());

test.each(Object.entries(worstFiles))(
  'a heap of 128 MB is enough for %s',
  async (name, files) => {
    engine = new SmallHeapEngine(files, clock);
    await engine.live(slice);
    const status = (await engine.ask('status')) as { readonly rules: readonly { readonly rule: string }[] };
    await engine.ask('traces');
    for (const rule of new Set(status.rules.map(({ rule }) => rule))) await engine.ask('why', { rule });
    const { code, resident, heap } = await engine.stop();
    process.stderr.write(`${name}: peak RSS ${megabytes(resident)}, peak heap ${megabytes(heap)}\n`);
    expect(code).toBe(0);
  },
  slice.milliseconds + 200_000,
);

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
