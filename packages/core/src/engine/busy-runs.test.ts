import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { LoopWatch } from '../clock/loop-watch.fixture.js';
import type { RunTrace } from '../rules/trace.js';
import { RealTimeEngine } from './real-time-engine.fixture.js';

/** Far above the slice of a run: what garbage collection and a busy machine add is no fault of the engine. */
const heldTooLong = 250;

let world: RealTimeEngine;
let watch: LoopWatch;
beforeEach(() => {
  world = new RealTimeEngine();
});
afterEach(async () => {
  watch.end();
  await world.end();
});

async function start(rules: string): Promise<void> {
  await world.start(rules);
  watch = new LoopWatch();
}

const runOf = (rule: string): RunTrace | undefined => world.engine.traces().find((trace) => trace.rule === rule);
const endOf = async (rule: string): Promise<RunTrace> => {
  await eventually(() => runOf(rule)?.outcome !== undefined);
  return runOf(rule)!;
};

/** A million rounds of a step that waits for nothing. */
const rounds = `{ repeat: { while: repeat.index >= 0.0, max: 1000000, then: [{ emit: { event: round } }] } }`;

describe('a run that never waits', () => {
  test('keeps the timeout of its rule, and gives everything else its turns', async () => {
    await start(`
  busy: { on: [{ custom: { event: go } }], timeout: 2s, then: [${rounds}] }
`);
    world.engine.emit('go', {});
    const { outcome, startedAt, endedAt } = await endOf('busy');
    expect(outcome).toBe('timed-out');
    expect(endedAt! - startedAt).toBeGreaterThanOrEqual(1_999);
    expect(endedAt! - startedAt).toBeLessThan(3_000);
    expect(watch.longest).toBeLessThan(heldTooLong);
    expect(watch.turns).toBeGreaterThan(8);
  });

  test('keeps the timeout of one of its steps, and goes on after it', async () => {
    await start(`
  busy:
    on: [{ custom: { event: go } }]
    then: [{ parallel: [[${rounds}], [${rounds}]], timeout: 1s, on-error: continue }, { emit: { event: done } }]
`);
    world.engine.emit('go', {});
    const { outcome, startedAt, endedAt } = await endOf('busy');
    expect(outcome).toBe('succeeded');
    expect(endedAt! - startedAt).toBeLessThan(2_000);
  });

  test.each(['single', 'queued'])('that asks for the next of its kind is no way around it (%s)', async (mode) => {
    await start(`
  busy: { on: [{ custom: { event: go } }], mode: ${mode}, then: [{ emit: { event: go } }] }
`);
    world.engine.emit('go', {});
    await world.clock.sleep(Duration.parse('500ms'), 'of the test');
    expect(watch.longest).toBeLessThan(heldTooLong);
  });

  test('does not hold up the stop of the engine', async () => {
    await start(`
  busy: { on: [{ custom: { event: go } }], then: [${rounds}], finally: [{ emit: { event: done } }] }
`);
    world.engine.emit('go', {});
    await world.clock.sleep(Duration.parse('100ms'), 'of the test');
    const begin = world.clock.boottime();
    await world.engine.stop('SIGTERM');
    expect(world.clock.boottime() - begin).toBeLessThan(2_000);
    expect(runOf('busy')).toMatchObject({ outcome: 'parked' });
  });
});
