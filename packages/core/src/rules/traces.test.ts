import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { World } from './world.fixture.js';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const act = { do: 'act' };

describe('emit', () => {
  test('hands an event with its data to the engine', async () => {
    world.set('a', true);
    await world.start({ when: 'a', then: [{ emit: { event: 'alarm', data: { rule: '${{ rule.name }}' } } }] });
    await world.pass('1s');
    expect(world.emitted).toEqual([{ event: 'alarm', data: { rule: 'rule' } }]);
  });
});

describe('shadow', () => {
  test('traces what needs an unknown output as shadowed, and emits and calls nothing', async () => {
    world.set('a', true);
    await world.start({
      when: 'a',
      shadow: true,
      then: [
        { do: 'act', as: 'out', with: { n: 1 } },
        { do: 'other', with: { was: '${{ out }}' } },
        { choose: [{ if: 'out.ok', then: [act] }] },
        { emit: { event: 'alarm', data: {} } },
      ],
    });
    await world.pass('1s');
    expect([world.calls, world.emitted]).toEqual([[], []]);
    expect(world.trace).toMatchObject({
      outcome: 'shadowed',
      steps: [
        { step: 'do act', outcome: 'shadowed', input: { n: 1 } },
        { step: 'do other', outcome: 'shadowed' },
        { step: 'choose', outcome: 'shadowed' },
        { step: 'emit', outcome: 'shadowed' },
      ],
    });
  });
});

describe('a trace', () => {
  test('tells the cause and each step, with secrets masked', async () => {
    world.set('a', true);
    world.answer('act', { after: '2s', output: 'the token is hush' });
    await world.start({
      when: 'a',
      for: '1m',
      then: [{ do: 'act', with: { url: 'https://example.org/${{ secrets.token }}' } }],
    });
    await world.pass('10m');
    expect(world.calls).toEqual(['1m act {"url":"https://example.org/hush"}']);
    expect(world.trace).toMatchObject({
      cause: 'when true for 1m',
      startedAt: 60_000,
      endedAt: 62_000,
      steps: [{ path: 'then[0]', input: { url: 'https://example.org/***' }, output: 'the token is ***' }],
    });
  });

  test.each([
    ['a stop', { stop: 'nothing to do for ${{ secrets.token }}' }, 'stopped'],
    ['a stop that failed', { stop: { reason: 'nothing to do for ${{ secrets.token }}', failed: true } }, 'failed'],
  ])('tells the reason of %s', async (_what, step, outcome) => {
    world.set('a', true);
    await world.start({ when: 'a', then: [step, act] });
    await world.pass('1s');
    expect(world.trace).toMatchObject({
      outcome,
      steps: [{ step: 'stop', input: { reason: 'nothing to do for ***' } }],
    });
    expect(world.calls).toEqual([]);
  });
});

describe('a trace of much', () => {
  const large = 'x'.repeat(65_536);
  const sizeOf = (value: unknown): number => JSON.stringify(value).length;

  test('keeps of each value what a person reads, and says what is cut', async () => {
    world.set('a', true);
    world.answer('act', { output: large });
    await world.start({ when: 'a', then: [{ do: 'act', with: { text: large } }] });
    await world.pass('1s');
    expect(world.trace.steps[0]).toMatchObject({
      input: { text: expect.stringMatching(/^x{3000,4096}… \(65536 characters\)$/) },
      output: expect.stringMatching(/^x{3000,4096}… \(65536 characters\)$/),
    });
  });

  test('keeps of a run with many steps no more than its bound, and says what is left out', async () => {
    world.set('a', true);
    world.answer('act', { output: large });
    await world.start({ when: 'a', then: [{ repeat: { times: 600, max: 600, then: [act] } }] });
    await world.pass('1m');
    expect(sizeOf(world.trace)).toBeLessThan(200_000);
    const { steps, leftOut, size } = world.trace;
    expect(size).toBeLessThanOrEqual(128 * 1024);
    expect(steps.length + leftOut!.steps).toBe(601);
    expect(leftOut!.values).toBeGreaterThan(0);
  });

  test('of many runs at once stays within what they share, and leaves room when they are over', async () => {
    world.answer('act', { output: large });
    const then = [{ repeat: { times: 20, then: [act] } }, { wait: '1h' }];
    await world.start({ on: [{ custom: { event: 'door' } }], mode: 'parallel', max: 100, then });
    for (let run = 0; run < 100; run++) await world.emit('door');
    await world.pass('1m');
    const together = [...world.traces.values()].reduce((sum, trace) => sum + sizeOf(trace), 0);
    expect(world.traces.size).toBe(100);
    expect(together).toBeLessThan(6 * 1024 * 1024);
    await world.pass('2h');
    await world.emit('door');
    await world.pass('1m');
    expect(world.trace.leftOut).toBeUndefined();
  });
});

describe('a disruptive action', () => {
  test('is called only after its intent and the start of its run are committed', async () => {
    const order: string[] = [];
    world.ledger.commit = () => {
      order.push(`committed ${world.ledger.entries('intents').size} with ${world.calls.length} calls`);
      return Promise.resolve();
    };
    world.set('a', true);
    await world.start({ when: 'a', limit: { runs: 3, per: '24h' }, then: [act, { do: 'reboot' }] });
    await world.pass('1s');
    expect(order).toEqual(['committed 1 with 1 calls']);
    expect(world.calls).toEqual(['0s act', '0s reboot']);
  });
});

test('a run that is ended while it waits for the first readings of its streams is told as aborted', async () => {
  await world.start({
    on: [{ custom: { event: 'door' } }],
    until: [{ custom: { event: 'window' } }],
    then: [{ if: 'a', do: 'act' }],
    finally: [{ do: 'other' }],
  });
  await world.play(['door', 'window', '1m']);
  expect(world.trace.outcome).toBe('aborted');
});
