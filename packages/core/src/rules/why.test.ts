import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Notation } from './rule-notation.fixture.js';
import { World, type Script } from './world.fixture.js';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const act = { do: 'act', with: { id: '${{ event.data.id }}' } };
const then = [{ do: 'act' }];
const onDoor = { on: [{ custom: { event: 'door' } }] };

interface Case {
  readonly rule: Notation;
  readonly script: Script;
  readonly reason: string;
}

describe('why a rule does not fire', () => {
  test.each<[string, Case]>([
    ['its condition is false', { rule: { when: 'a', then }, script: [{ a: false }], reason: 'its when is false' }],
    [
      'it has not held for long enough',
      { rule: { when: 'a', for: '10m', then }, script: [{ a: true }, '3m'], reason: 'held for 3m of 10m' },
    ],
    ['a stream is lost', { rule: { when: 'a', then }, script: [{ a: 'lost' }], reason: 'paused: a is lost' }],
    [
      'it has fired in this episode',
      { rule: { when: 'a', then }, script: [{ a: true }, '1s'], reason: 'it has fired' },
    ],
    [
      'its if is false',
      { rule: { when: 'a', if: 'b', then }, script: [{ a: true, b: false }, '1s'], reason: 'its if is false: b' },
    ],
    [
      'the if of an event is false',
      {
        rule: { ...onDoor, if: 'event.data.id == 7', then },
        script: ['door 8'],
        reason: 'its if is false: event.data.id == 7',
      },
    ],
    [
      'its limit is reached',
      {
        rule: { ...onDoor, limit: { runs: 1, per: '1h' }, then },
        script: ['door', '1s', 'door'],
        reason: 'limit: 1 run in 1h, no more; it is open again in 59m59s',
      },
    ],
    [
      'it cools down',
      {
        rule: { ...onDoor, limit: { cooldown: '10m' }, then },
        script: ['door', '1s', 'door'],
        reason: 'less than 10m ago',
      },
    ],
    [
      'a limit has disabled it',
      {
        rule: { ...onDoor, limit: { runs: 1, per: '1h', then: 'disable' }, then },
        script: ['door', '1s', 'door'],
        reason: 'disabled: its limit was reached',
      },
    ],
    [
      'it runs already',
      { rule: { ...onDoor, then: [{ wait: '1h' }] }, script: ['door', '1s', 'door'], reason: 'mode single' },
    ],
    [
      'it is not enabled',
      { rule: { when: 'a', enabled: false, then }, script: [{ a: true }], reason: 'disabled: enabled is false' },
    ],
    ['an expression fails', { rule: { when: 'a.b.c', then }, script: [{ a: true }], reason: 'faulted: when:' }],
    ['it is a shadow', { rule: { when: 'a', shadow: true, then }, script: [{ a: true }], reason: 'shadow' }],
  ])('is told: %s', async (_why, { rule, script, reason }) => {
    await world.start(rule);
    await world.play(script);
    expect(world.engine.explain('rule').reasons.join('\n')).toContain(reason);
  });

  const event = (name: string) => ({ custom: { event: name } });
  const three = [event('door'), event('window'), event('gate')];
  test.each<[string, unknown, Script, string | undefined]>([
    [
      'count',
      { count: { of: event('door'), n: 3, within: '10m' } },
      ['door', '4m', 'door', '1m'],
      '2 of 3 within 10m, the first 5m ago',
    ],
    ['count that is over', { count: { of: event('door'), n: 3, within: '10m' } }, ['door', '11m'], undefined],
    [
      'count after a kill',
      { count: { of: event('door'), n: 3, within: '10m' } },
      ['door', '4m', 'kill'],
      '1 of 3 within 10m, the first 4m ago',
    ],
    ['all', { all: { of: three, within: '10m' } }, ['gate', 'door', '1m'], '2 of 3 within 10m'],
    ['sequence', { sequence: { of: three, within: '10m' } }, ['gate', 'door', 'window', '1m'], '2 of 3 within 10m'],
    ['sequence that is over', { sequence: { of: three, within: '10m' } }, ['door', '11m'], undefined],
    ['absence', { absence: { of: event('door'), within: '10m' } }, ['door', '3m'], 'silent for 3m of 10m'],
    [
      'absence that was told',
      { absence: { of: event('door'), within: '10m' } },
      ['12m'],
      'silent for 12m, which was told',
    ],
    [
      'debounce',
      { ...event('door'), debounce: '10m' },
      ['door', '4m'],
      'passes on its last event in 6m, unless another one comes',
    ],
    ['throttle', { ...event('door'), throttle: '10m' }, ['door', '4m', 'door'], 'drops events for 6m more'],
    ['throttle that is open', { ...event('door'), throttle: '10m' }, ['door', '11m'], undefined],
  ])('tells how far a pattern has come: %s', async (_pattern, pattern, script, text) => {
    await world.start({ on: [pattern], then });
    await world.play(script);
    expect(world.engine.explain('rule').progress).toEqual(text === undefined ? [] : [{ place: 'on[0]', text }]);
  });

  test('tells how far a pattern has come for each key', async () => {
    await world.start({
      on: [{ count: { of: event('door'), n: 3, within: '1h' } }],
      key: 'string(event.data.id)',
      then,
    });
    await world.play(['door 1', 'door 2', 'door 1']);
    expect(world.engine.explain('rule').progress).toMatchObject([
      { key: '2', text: expect.stringMatching(/^1 of 3/) },
      { key: '1', text: expect.stringMatching(/^2 of 3/) },
    ]);
  });

  test('names the events of a pattern with their fields', async () => {
    await world.start({ on: [{ count: { of: event('door'), n: 3, within: '1h' } }], then });
    expect(world.engine.explain('rule').patterns).toEqual(['3 of (custom { event: "door" }) within 1h']);
  });

  test('comes with the value of each part of the condition, and the time at which it could fire', async () => {
    world.set('a', 3);
    world.set('b', true);
    await world.start({ when: 'a > 2 && b', for: '10m', then });
    await world.pass('4m');
    const { condition, couldFireIn } = world.engine.explain('rule');
    expect(condition?.parts).toContainEqual({ text: 'a > 2', value: true });
    expect(condition?.parts).toContainEqual({ text: 'a', value: 3 });
    expect(String(couldFireIn)).toBe('6m');
  });

  test('names the rule that was meant', async () => {
    await world.start({ when: 'a', then });
    expect(() => world.engine.explain('rulee')).toThrow(/Did you mean "rule"/);
  });
});

describe('why a hold has no effect', () => {
  const hold = { while: 'a', hold: { do: 'keep' } };

  test('is reported: how often its action failed, with what, and when it is tried next', async () => {
    world.answer('keep', { fail: 'no such line' });
    await world.start(hold);
    await world.play([{ a: true }, '10s']);
    const reason =
      'its hold failed 4 times in a row, the last time with: keep failed: no such line [ACTION_FAILED]; it is tried again in 5s';
    expect(world.engine.explain('rule').reasons).toEqual([reason]);
    expect(world.status()).toMatchObject({ state: 'holding', detail: reason });
  });

  test('is reported while it is tried again, until that has lasted for a minute', async () => {
    world.answer('keep', { fail: 'no' }, { never: true });
    await world.start(hold);
    await world.play([{ a: true }, '30s']);
    expect(world.engine.explain('rule').reasons).toEqual([
      'its hold is tried again since 29s, after it failed once, with: keep failed: no [ACTION_FAILED]',
    ]);
    await world.play(['31s']);
    expect(world.engine.explain('rule').reasons).toEqual([]);
    expect(world.status()).toMatchObject({ state: 'holding', detail: 'its while is true' });
  });

  test('is reported no more once it is released', async () => {
    world.answer('keep', { fail: 'no' });
    await world.start(hold);
    await world.play([{ a: true }, '10s', { a: false }, '1s']);
    expect(world.engine.explain('rule').reasons).toEqual(['its while is false']);
  });
});

test('cuts what is large in the parts of a condition, and masks secrets before', async () => {
  const text = `${'x'.repeat(997)}hush${'x'.repeat(1_000_000)}`;
  await world.start({ ...onDoor, if: "event.data.text == 'a' || event.data.text == 'b'", then });
  await world.emit('door', { text });
  const shown = JSON.stringify(world.engine.explain('rule'));
  expect(shown.length).toBeLessThan(20_000);
  expect(shown).toContain(`… (${text.length} characters)`);
  expect(shown).not.toContain('xhu');
});

describe('a dry run', () => {
  test('renders the inputs of the steps, and calls, counts and waits for nothing', async () => {
    await world.start({ ...onDoor, limit: { runs: 1, per: '1h' }, then: [{ wait: '1h' }, act] });
    const { wouldRun, trace } = await world.engine.dryRun('rule', { event: { data: { id: 7 } } });
    expect(wouldRun).toBe(true);
    expect(trace.steps.at(-1)).toMatchObject({ outcome: 'shadowed', input: { id: 7 } });
    expect([world.calls, world.traces.size, world.status().runs]).toEqual([[], 0, 0]);
  });

  test('leaves no line in the log that could be taken for a run', async () => {
    await world.start({ ...onDoor, then: [act] });
    const told = world.log.lines.length;
    expect(await world.engine.dryRun('rule', { event: { data: {} } })).toMatchObject({ trace: { outcome: 'failed' } });
    expect(world.log.lines.slice(told)).toEqual([]);
  });

  test('says which limit would stop it', async () => {
    await world.start({ ...onDoor, limit: { runs: 1, per: '1h' }, then });
    await world.emit('door');
    expect(await world.engine.dryRun('rule')).toMatchObject({ wouldRun: false, refusal: { reason: 'limit' } });
  });
});
