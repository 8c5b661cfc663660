import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { World } from './world.fixture.js';

const door = { custom: { event: 'door' } };
const window = { custom: { event: 'window' } };
const key = 'string(event.data.id)';
/** Two bytes each: 16 MiB hold 7 of these, with their runs. */
const text = 'x'.repeat(1024 * 1024);
const waits = [{ wait: '1h' }];

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

async function emit(event: string, times: number): Promise<void> {
  for (let id = 0; id < times; id++) await world.emit(event, { id, text });
}

describe('the events that runs hold', () => {
  test.each([
    ['at work', { mode: 'parallel', max: 1_000, then: waits }],
    ['of many keys', { key, then: waits }],
    ['in a queue', { mode: 'queued', max: 1_000, then: waits }],
    ['until an event ends them', { key, until: [window], then: [{ do: 'act' }] }],
  ])('%s have a bound, and what is beyond is refused and counted', async (_what, rule) => {
    await world.start({ on: [door], ...rule });
    await emit('door', 20);
    expect(world.status().refusals).toEqual({ memory: 20 - 7 });
    expect(world.refusals.at(-1)).toMatchObject({ reason: 'memory' });
  });

  test('are let go when the runs are over', async () => {
    await world.start({ on: [door], mode: 'parallel', max: 1_000, then: waits });
    await emit('door', 7);
    await world.pass('2h');
    await emit('door', 7);
    expect(world.status().refusals).toEqual({});
  });

  test('are let go when a run takes the place of others, and when a limit refuses what was queued', async () => {
    await world.start(
      { on: [door], mode: 'restart', then: waits },
      { on: [window], mode: 'queued', max: 20, limit: { runs: 1, per: '1d', then: 'disable' }, then: [{ wait: '1s' }] },
    );
    for (let round = 0; round < 20; round++) {
      await emit('door', 10);
      await emit('window', 3);
      await world.pass('1m');
    }
    expect(world.status().refusals).toEqual({});
    expect(world.status('rule1').refusals).not.toHaveProperty('memory');
  });

  test('are counted again after a kill', async () => {
    await world.start({ on: [door], mode: 'parallel', max: 1_000, then: waits });
    await emit('door', 6);
    await world.kill();
    await emit('door', 10);
    expect(world.status().refusals).toEqual({ memory: 9 });
  });

  test('keep no level from firing', async () => {
    await world.start({ on: [door], mode: 'parallel', max: 1_000, then: waits }, { when: 'a', then: [{ do: 'act' }] });
    await emit('door', 20);
    world.set('a', true);
    await world.pass('1s');
    expect(world.calls).toHaveLength(1);
  });
});

describe('the outputs that runs hold', () => {
  const output = 'x'.repeat(1024 * 1024);

  test('have a bound, and the step beyond it fails', async () => {
    world.answer('act', { output });
    await world.start({ on: [door], mode: 'parallel', max: 10, then: [{ do: 'act', as: 'out' }, ...waits] });
    for (let run = 0; run < 5; run++) await world.emit('door');
    expect(world.trace).toMatchObject({ outcome: 'failed', steps: [{ error: { code: 'OUTPUTS_TOO_LARGE' } }] });
    await world.pass('2h');
    await world.emit('door');
    expect(world.trace.outcome).toBeUndefined();
  });

  test('of a round of a repeat make room for those of the next', async () => {
    world.answer('act', { output });
    await world.start({ on: [door], then: [{ repeat: { times: 50, then: [{ do: 'act', as: 'out' }] } }] });
    await world.play(['door', '1m']);
    expect(world.trace.outcome).toBe('succeeded');
  });
});

describe('the events that patterns hold', () => {
  test('of a debounce have a bound: the longest unused key makes room', async () => {
    await world.start({ on: [{ ...door, debounce: '1h' }], key, mode: 'parallel', then: [{ do: 'act' }] });
    await emit('door', 20);
    await world.pass('2h');
    expect(world.calls.length).toBeGreaterThan(5);
    expect(world.calls.length).toBeLessThan(8);
  });

  test('of a silence have a bound, and a rule without a key tells its silence all the same', async () => {
    await world.start(
      { on: [{ absence: { of: door, within: '1h' } }], then: [{ do: 'act' }] },
      { on: [door], mode: 'parallel', max: 1_000, then: [{ wait: '10h' }] },
    );
    await emit('door', 20);
    await world.pass('2h');
    expect(world.calls).toHaveLength(1);
    expect(world.status('rule1').refusals['memory']).toBeGreaterThan(10);
  });
});

test('a key without end is refused and counted', async () => {
  await world.start({ on: [door], key: 'string(event.data.text)', then: [{ do: 'act' }] });
  await emit('door', 1);
  expect(world.status().refusals).toEqual({ 'key-limit': 1 });
});
