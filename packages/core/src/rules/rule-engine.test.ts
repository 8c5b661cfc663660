import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Rule } from './rule.js';
import { LevelTrigger } from './level-trigger.js';
import { ruleFrom, type Notation } from './rule-notation.fixture.js';
import { World } from './world.fixture.js';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const act = [{ do: 'act' }];
const door = { custom: { event: 'door' } };
const slow = { when: 'a', for: '10m', then: act };

describe('a reload', () => {
  test('leaves the timer of an equal rule alone, and a new rule starts', async () => {
    world.set('a', true);
    await world.start(slow);
    await world.pass('6m');
    await world.reload(slow, { when: 'a', then: [{ do: 'other' }] });
    await world.pass('10m');
    expect(world.calls).toEqual(['6m other', '10m act']);
  });

  test('starts a changed rule anew and says so', async () => {
    world.set('a', true);
    await world.start(slow);
    await world.pass('6m');
    await world.reload({ ...slow, for: '9m' });
    await world.pass('10m');
    expect(world.calls).toEqual(['15m act']);
    expect(world.log.messages).toContainEqual(expect.stringContaining('rule was changed'));
  });

  test('ends a removed rule: its run is aborted, finally is done, nothing is kept', async () => {
    await world.start({ on: [door], limit: { runs: 1, per: '1h' }, then: [{ wait: '1h' }], finally: act });
    await world.emit('door');
    await world.pass('1m');
    await world.reload();
    await world.emit('door');
    expect(world.calls).toEqual(['1m act']);
    expect(world.trace).toMatchObject({ outcome: 'aborted' });
    expect(world.engine.status()).toEqual([]);
  });

  test.each([
    ['removes it', async () => world.reload()],
    ['changes it', async () => world.reload({ when: 'b', then: act })],
    ['stops the engine', async () => world.stop()],
  ])('a rung that waits for its turn does not fire when its rule ends, as somebody %s', async (_how, end) => {
    world.answer('act', { never: true });
    world.set('a', true);
    const rungs = [
      { after: '1m', then: [{ do: 'act', timeout: '1h' }] },
      { after: '5m', then: [{ do: 'reboot' }] },
      { after: '10m', then: [{ do: 'reboot' }] },
    ];
    await world.start({ when: 'a', escalate: rungs });
    await world.pass('6m');
    await end();
    await world.pass('1h');
    expect(world.calls).toEqual(['1m act']);
  });

  test('releases the hold of a changed rule before the new one takes it', async () => {
    world.set('a', true);
    await world.start({ while: 'a', hold: { do: 'keep', with: { n: 1 } } });
    await world.pass('1m');
    await world.reload({ while: 'a', hold: { do: 'keep', with: { n: 2 } } });
    expect(world.aborts).toEqual(['1m keep']);
    expect(world.calls).toEqual(['0s keep {"n":1}', '1m keep {"n":2}']);
  });

  test.each([
    ['taken out and put in again', undefined],
    ['changed and changed back', 'queued'],
  ])(
    'lets a rule that is %s begin only when its former run is through, with a record of its own',
    async (_how, text) => {
      const finallySteps = [{ wait: '30s' }, { do: 'other' }];
      const rule = { on: [door], limit: { runs: 1, per: '1h' }, then: act, finally: finallySteps };
      await world.start(rule);
      await world.emit('door');
      await world.pass('10s');
      await world.reload(...(text === undefined ? [] : [{ ...rule, mode: text }]));
      await world.pass('5s');
      await world.reload(rule);
      await world.pass('20s');
      expect(world.calls).toEqual(['0s act', '30s other']);
      await world.pass('5s');
      await world.emit('door');
      await world.pass('1m');
      await world.emit('door');
      await world.pass('1m');
      expect(world.calls).toEqual(['0s act', '30s other', '40s act', '1m10s other']);
    },
  );

  test('keeps the run of an equal rule going', async () => {
    const rule = { on: [door], then: [{ wait: '10m' }, ...act] };
    await world.start(rule);
    await world.emit('door');
    await world.pass('5m');
    await world.reload(rule);
    await world.pass('5m');
    expect(world.calls).toEqual(['10m act']);
  });
});

describe('a rule that fails at its end', () => {
  const broken = (): Promise<never> => Promise.reject(new Error('it broke'));
  const other = { on: [door], then: [{ wait: '1h' }], finally: [{ do: 'other' }] };
  const told = 'rule did not end cleanly: it broke';
  afterEach(() => void jest.restoreAllMocks());

  test('keeps neither its changed text from starting nor another from ending', async () => {
    await world.start(slow, other);
    await world.emit('door');
    jest.spyOn(Rule.prototype, 'end').mockImplementationOnce(broken);
    await world.reload({ when: 'b', then: act });
    world.set('b', true);
    await world.pass('1m');
    expect([...world.calls].sort()).toEqual(['0s act', '0s other']);
    expect(world.log.messages).toContain(told);
  });

  test('does not keep the others from being ended at a stop', async () => {
    world.answer('act', { never: true });
    await world.start(slow, { ...other, then: [{ do: 'act', timeout: '1h' }] });
    await world.emit('door');
    jest.spyOn(Rule.prototype, 'park').mockImplementationOnce(broken);
    await expect(world.stop()).resolves.toBeUndefined();
    expect(world.calls).toEqual(['0s act', '0s other']);
    expect(world.log.messages).toContain(told);
  });

  test('in one of its parts is ended in all others', async () => {
    world.set('a', true);
    await world.start({ while: 'a', hold: { do: 'keep' } });
    await world.pass('1m');
    jest.spyOn(LevelTrigger.prototype, 'stop').mockImplementationOnce(() => {
      throw new Error('it broke');
    });
    await world.reload();
    expect(world.aborts).toEqual(['1m keep']);
    expect(world.log.messages).toContain(told);
  });
});

describe('a restart of the engine on the same ledger', () => {
  type Row = readonly [claim: string, onGap: string | undefined, gap: string, calls: readonly string[]];
  const rows: readonly Row[] = [
    ['continues for after a short gap by default', undefined, '30s', ['10m30s act']],
    ['starts for anew after a long gap by default', undefined, '5m', ['21m act']],
    ['on-gap resume continues it after any gap', 'resume', '5m', ['15m act']],
    ['on-gap restart starts it anew after any gap', 'restart', '1s', ['16m1s act']],
    ['on-gap fire fires at once when the condition is true', 'fire', '5m', ['11m act']],
  ];
  test.each(rows)('%s', async (_claim, onGap, gap, calls) => {
    world.set('a', true);
    const rule: Notation = { ...slow, ...(onGap && { 'on-gap': onGap }) };
    await world.start(rule);
    await world.pass('6m');
    await world.restart(gap, rule);
    await world.pass('1h');
    expect(world.calls).toEqual(calls);
  });

  test('is not a new episode', async () => {
    world.set('a', true);
    await world.start({ when: 'a', then: act });
    await world.restart('1s', { when: 'a', then: act });
    await world.pass('1h');
    expect(world.calls).toEqual(['0s act']);
  });

  test('knows after a kill which runs lasted, and ends them with their until', async () => {
    const rule = {
      on: [door],
      until: [{ custom: { event: 'window' } }],
      then: [{ do: 'act', as: 'out' }],
      finally: [{ do: 'other', with: { was: '${{ out.target }}' } }],
    };
    world.answer('act', { output: { target: '/mnt/a' } });
    await world.start(rule);
    await world.emit('door');
    await world.kill();
    expect(world.status()).toMatchObject({ state: 'holding' });
    await world.emit('window');
    expect(world.calls).toEqual(['0s act', '0s other {"was":"/mnt/a"}']);
    expect(world.ledger.scopes()).toEqual([]);
  });

  test('does not forget limits', async () => {
    const rule = { on: [door], limit: { runs: 1, per: '1h' }, then: act };
    await world.start(rule);
    await world.emit('door');
    await world.restart('10m', rule);
    await world.emit('door');
    await world.pass('50m');
    await world.emit('door');
    expect(world.calls).toEqual(['0s act', '1h act']);
  });
});

describe('park', () => {
  test('aborts actions and does finally within 8 s, whatever finally does', async () => {
    const hanging = [...act, { wait: '1h' }, { do: 'other' }];
    await world.start({ on: [door], then: [{ do: 'keep', timeout: '1d' }], finally: hanging });
    await world.emit('door');
    let isParked = false;
    const parked = world.park().then(() => (isParked = true));
    await world.pass('8s');
    expect(isParked).toBe(true);
    await parked;
    expect(world.calls).toEqual(['0s keep', '0s act']);
    expect(world.clock.pendingTimers.filter((name) => name !== 'retry of a stream')).toEqual([]);
  });
});

describe('a fault stays with its rule', () => {
  const healthy: Notation = { on: [door], then: [{ do: 'other' }] };

  test('an action that never ends', async () => {
    world.answer('act', { never: true });
    await world.start({ on: [door], then: act }, healthy);
    await world.emit('door');
    await world.emit('door');
    expect(world.calls).toEqual(['0s act', '0s other', '0s other']);
  });

  test('an expression that throws: the rule is faulted with the reason until it evaluates again', async () => {
    world.set('a', {});
    await world.start({ when: 'a.temperature > 80.0', then: act }, healthy);
    await world.emit('door');
    expect(world.status()).toMatchObject({ state: 'faulted', detail: expect.stringContaining('temperature') });
    world.set('a', { temperature: 90 });
    await world.clock.settle();
    expect(world.calls).toEqual(['0s other', '0s act']);
    expect(world.status().state).toBe('holding');
  });

  test('a stream that is gone', async () => {
    world.set('a', true);
    await world.start({ when: 'a', for: '1m', then: act }, healthy);
    world.lose('a', 'daemon died');
    await world.emit('door');
    expect(world.status()).toMatchObject({ state: 'paused', detail: expect.stringContaining('daemon died') });
    expect(world.calls).toEqual(['0s other']);
  });

  test('a rule whose stream does not exist', async () => {
    const broken = ruleFrom({ on: [{ nowhere: null }], then: act }, 'broken');
    await world.engine.start([broken, ruleFrom(healthy)]);
    await world.clock.settle();
    await world.emit('door');
    expect(world.calls).toEqual(['0s other']);
    expect(world.status('broken')).toMatchObject({ state: 'faulted', detail: expect.stringContaining('nowhere') });
  });

  test('a rule that a reload cannot start', async () => {
    await world.start(healthy);
    const nowhere = new Map([['a', { stream: 'nowhere', parameters: {} }]]);
    await world.engine.replace([ruleFrom({ when: 'a', then: act }, 'broken'), ruleFrom(healthy)], nowhere);
    await world.emit('door');
    expect(world.calls).toEqual(['0s other']);
    expect(world.status('broken')).toMatchObject({ state: 'faulted', detail: expect.stringContaining('nowhere') });
    expect(world.log.lines).toContainEqual(
      expect.objectContaining({ level: 'error', fields: { rule: 'broken', code: 'RULE_FAULT' } }),
    );
  });

  test('a key that fails to evaluate', async () => {
    await world.start({ on: [door], key: 'event.data.missing', then: act }, healthy);
    await world.emit('door');
    expect(world.calls).toEqual(['0s other']);
    expect(world.status()).toMatchObject({ state: 'faulted', refusals: { faulted: 1 } });
  });
});

test('a change of one state evaluates only the rules that read it', async () => {
  let evaluations = 0;
  const rules = Array.from({ length: 1_000 }, (_, index) => {
    const model = ruleFrom({ when: index < 20 ? 'a' : 'b', then: act }, `rule${index}`);
    const { condition } = model.trigger as { condition: { evaluate: (bindings: object) => unknown } };
    const evaluate = condition.evaluate.bind(condition);
    condition.evaluate = (bindings) => {
      evaluations += 1;
      return evaluate(bindings);
    };
    return model;
  });
  await world.engine.start(rules);
  world.set('b', false);
  evaluations = 0;
  world.set('a', false);
  expect(evaluations).toBe(20);
});

describe('a rule that starts before its streams have told a reading', () => {
  const tellB = [{ do: 'act', with: { b: '${{ b }}' } }];

  test.each([
    ['fires', { when: 'a', limit: { runs: 1, per: '24h' }, then: tellB }, '3s act {"b":7}'],
    ['does catch', { when: 'a', then: [{ do: 'other' }], catch: tellB }, '3s act {"b":7}'],
    ['decides by its if', { on: [door], if: 'b > 5', then: act }, '3s act'],
    ['does what came meanwhile', { on: [door], if: 'b > 5', mode: 'queued', then: tellB }, '3s act {"b":7}'],
  ])('%s when they have', async (_what, rule, call) => {
    world.answer('other', { fail: 'no' });
    world.set('a', true);
    await world.start(rule);
    await world.emit('door');
    await world.pass('3s');
    expect(world.calls).toEqual([]);
    world.set('b', 7);
    await world.pass('1h');
    expect(world.calls.filter((each) => !each.endsWith('other'))).toEqual([call]);
  });

  test('waits for 10 s, and then takes a stream for lost', async () => {
    world.set('a', true);
    await world.start({ when: 'a', then: tellB, catch: act });
    await world.pass('9s');
    expect(world.traces.size).toBe(1);
    expect(world.trace.outcome).toBeUndefined();
    await world.pass('1s');
    expect(world.trace).toMatchObject({ outcome: 'failed', steps: [{ error: { code: 'STREAM_LOST' } }, {}] });
    expect(world.calls).toEqual(['10s act']);
  });

  test('does nothing any more when it ends meanwhile', async () => {
    await world.start({ on: [door], if: 'b > 5', then: act });
    await world.emit('door');
    await world.reload();
    world.set('b', 7);
    await world.pass('1h');
    expect(world.calls).toEqual([]);
  });

  test('takes a hold at once', async () => {
    world.set('a', true);
    await world.start({ while: 'a', hold: { do: 'keep' }, finally: tellB });
    expect(world.calls).toEqual(['0s keep']);
  });
});
