import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { World } from './world.fixture.js';

let world: World;
beforeEach(() => {
  world = new World();
  world.set('a', false);
});
afterEach(() => world.close());

const holding = { while: 'a', hold: { do: 'keep', with: { name: '${{ rule.name }}' } } };

async function set(value: boolean): Promise<void> {
  world.set('a', value);
  await world.clock.settle();
}

describe('while with hold', () => {
  test('calls the action when the condition becomes true and aborts it when it becomes false', async () => {
    await world.start(holding);
    await world.pass('5s');
    await set(true);
    await world.pass('3h');
    expect(world.status()).toMatchObject({ state: 'holding', detail: 'its while is true' });
    await set(false);
    expect([world.calls, world.aborts]).toEqual([['5s keep {"name":"rule"}'], ['3h5s keep']]);
    expect(world.trace).toMatchObject({ outcome: 'succeeded', steps: [{ path: 'hold', outcome: 'succeeded' }] });
  });

  test('calls an action that ends by itself again, with growing pauses', async () => {
    world.answer('keep', { fail: 'no' }, {}, { fail: 'no' }, { never: true });
    await world.start(holding);
    await set(true);
    await world.pass('1h');
    expect(world.calls.map((call) => call.split(' ')[0])).toEqual(['0s', '1s', '3s', '7s']);
  });

  test('says in the trace why an action that ended by itself is called again', async () => {
    world.answer('keep', {}, { never: true });
    await world.start(holding);
    await set(true);
    await world.pass('1m');
    expect(world.trace.steps).toMatchObject([{ outcome: 'failed', error: { code: 'HOLD_LOST' } }, { path: 'hold' }]);
    expect(world.log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ code: 'HOLD_LOST' }) }),
    );
  });

  test('keeps what it holds while the stream is lost', async () => {
    await world.start(holding);
    await set(true);
    world.lose('a', 'no answer');
    await world.pass('1h');
    expect(world.aborts).toEqual([]);
    expect(world.status()).toMatchObject({ state: 'paused', detail: expect.stringContaining('no answer') });
  });

  test('does not take hold while if is false', async () => {
    world.set('b', false);
    await world.start({ ...holding, if: 'b' });
    await set(true);
    await world.pass('1m');
    world.set('b', true);
    await world.pass('1m');
    expect(world.calls).toEqual(['1m keep {"name":"rule"}']);
  });

  test('does then with the hold, and finally after its release', async () => {
    await world.start({ ...holding, then: [{ do: 'act' }], finally: [{ do: 'other' }] });
    await set(true);
    await world.pass('1m');
    await set(false);
    expect(world.calls).toEqual(['0s keep {"name":"rule"}', '0s act', '1m other']);
  });

  test('is released when the engine stops', async () => {
    await world.start(holding);
    await set(true);
    await world.pass('1m');
    await world.restart('0s');
    expect(world.aborts).toEqual(['1m keep']);
  });

  test('says in the trace of a run that a kill cut off whether its program was still there', async () => {
    await world.start({ ...holding, finally: [{ do: 'other' }] });
    await set(true);
    const { id } = world.trace;
    world.programFate = 'running';
    await world.play(['kill', '1s']);
    const message = expect.stringContaining('Its program was still there, and was ended.');
    expect(world.traces.get(id)).toMatchObject({
      steps: [{ path: 'hold', outcome: 'failed', error: { code: 'RUN_INTERRUPTED', message } }, { step: 'do other' }],
    });
  });

  test('in shadow nothing is held', async () => {
    await world.start({ ...holding, shadow: true });
    await set(true);
    expect(world.calls).toEqual([]);
    expect(world.trace).toMatchObject({ steps: [{ path: 'hold', outcome: 'shadowed' }] });
  });
});
