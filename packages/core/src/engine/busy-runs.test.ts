import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { LoopWatch } from '../clock/loop-watch.fixture.js';
import { RealClock } from '../clock/real-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { ProcessHost } from '../host/process-host.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { plainImporter } from '../plugins/module-importer.js';
import type { RunTrace } from '../rules/trace.js';
import { Engine } from './engine.js';
import { SecretMask } from './secret-mask.js';

/** Far above the slice of a run: what garbage collection and a busy machine add is no fault of the engine. */
const heldTooLong = 250;

let folder: string;
let clock: RealClock;
let engine: Engine;
let watch: LoopWatch;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'busy-runs-'));
  clock = new RealClock();
});
afterEach(async () => {
  watch.end();
  await engine.stop();
  clock.dispose();
  rmSync(folder, { recursive: true });
});

async function start(rules: string): Promise<void> {
  const file = join(folder, '.devicerc.yml');
  writeFileSync(file, `version: 1\nrules:\n${rules}`);
  const host = new ProcessHost();
  engine = await Engine.create({
    file,
    clock,
    host,
    ledger: new MemoryLedger(clock, { durable: true }),
    log: new RecordingLogger(),
    mask: new SecretMask(host),
    importModule: plainImporter,
    builtIn: new Map(),
  });
  await engine.start();
  watch = new LoopWatch();
}

const runOf = (rule: string): RunTrace | undefined => engine.traces().find((trace) => trace.rule === rule);
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
    engine.emit('go', {});
    const { outcome, startedAt, endedAt } = await endOf('busy');
    expect(outcome).toBe('timed-out');
    expect(endedAt! - startedAt).toBeGreaterThanOrEqual(1_999);
    expect(endedAt! - startedAt).toBeLessThan(3_000);
    expect(watch.longest).toBeLessThan(heldTooLong);
    expect(watch.turns).toBeGreaterThan(40);
  });

  test('keeps the timeout of one of its steps, and goes on after it', async () => {
    await start(`
  busy:
    on: [{ custom: { event: go } }]
    then: [{ parallel: [[${rounds}], [${rounds}]], timeout: 1s, on-error: continue }, { emit: { event: done } }]
`);
    engine.emit('go', {});
    const { outcome, startedAt, endedAt } = await endOf('busy');
    expect(outcome).toBe('succeeded');
    expect(endedAt! - startedAt).toBeLessThan(2_000);
  });

  test.each(['single', 'queued'])('that asks for the next of its kind is no way around it (%s)', async (mode) => {
    await start(`
  busy: { on: [{ custom: { event: go } }], mode: ${mode}, then: [{ emit: { event: go } }] }
`);
    engine.emit('go', {});
    await clock.sleep(Duration.parse('500ms'), 'of the test');
    expect(watch.longest).toBeLessThan(heldTooLong);
  });

  test('does not hold up the stop of the engine', async () => {
    await start(`
  busy: { on: [{ custom: { event: go } }], then: [${rounds}], finally: [{ emit: { event: done } }] }
`);
    engine.emit('go', {});
    await clock.sleep(Duration.parse('100ms'), 'of the test');
    const begin = clock.boottime();
    await engine.stop('SIGTERM');
    expect(clock.boottime() - begin).toBeLessThan(2_000);
    expect(runOf('busy')).toMatchObject({ outcome: 'parked' });
  });
});
