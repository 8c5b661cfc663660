import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SimulatedLedger } from './simulated-ledger.fixture.js';
import { World } from './world.fixture.js';

const act = [{ do: 'act' }];
const other = [{ do: 'other' }];
const door = { custom: { event: 'door' } };
const window = { custom: { event: 'window' } };
const on = { a: true };
const off = { a: false };
const key = 'string(event.data.id)';

let ledger: SimulatedLedger;
let world: World;
beforeEach(() => {
  world = new World((clock) => (ledger = new SimulatedLedger(clock)));
});
afterEach(() => world.close());

describe('the ledger', () => {
  test('hears nothing of the runs of a rule that only acts', async () => {
    await world.start({ on: [door], then: act });
    await world.play(['door', 'door', '1h', 'door']);
    expect(ledger.changes).toBe(0);
  });

  test('hears nothing while nothing happens', async () => {
    await world.start({ when: 'a', for: '10m', then: act }, { on: [door], until: [window], then: act });
    await world.play([on, 'door', '20m']);
    const { changes } = ledger;
    await world.play(['30d']);
    expect(ledger.changes).toBe(changes);
    expect(ledger.watches).toBe(0);
  });

  test('hears of a condition that flickers only when it turns', async () => {
    await world.start({ when: 'a.on', for: '10m', then: act });
    for (let n = 0; n < 100; n++) await world.play([{ a: { on: true, n } }]);
    expect(ledger.changes).toBe(1);
    await world.play([{ a: { on: false } }]);
    expect(ledger.changes).toBe(2);
  });

  test('keeps watch exactly while something counts', async () => {
    await world.start({ when: 'a', for: '10m', 'reset-after': '5m', then: act });
    const watches: number[] = [];
    for (const entry of [off, on, '10m', off, '5m'] as const) {
      await world.play([entry]);
      watches.push(ledger.watches);
    }
    expect(watches).toEqual([0, 1, 0, 1, 0]);
  });

  test('keeps nothing of keys that were evicted', async () => {
    await world.start({ on: [door], key, limit: { runs: 1, per: '1s' }, then: act });
    for (let id = 0; id < 1_000; id++) await world.emit('door', { id });
    await world.pass('1s');
    for (let id = 1_000; id < 2_000; id++) await world.emit('door', { id });
    expect(world.ledger.entries(world.ledger.scopes()[0]!).size).toBe(1_000);
  });

  test('keeps nothing of a run that is over', async () => {
    await world.start({ on: [door], then: [{ wait: '1m' }, ...act], catch: other, finally: other });
    await world.play(['door', '30s', 'kill', '1h']);
    expect(world.ledger.scopes()).toEqual([]);
  });
});

describe('a rule that was edited while the engine was down', () => {
  const rule = { when: 'a', for: '10m', then: act };

  test('starts anew, and the log says so', async () => {
    await world.start(rule);
    await world.play([on, '6m']);
    await world.kill('0s', { ...rule, for: '9m' });
    await world.pass('1h');
    expect(world.calls).toEqual(['15m act']);
    expect(world.log.messages).toContainEqual(expect.stringContaining('rule was changed while the engine was down'));
  });

  test('leaves the records of others alone', async () => {
    world.ledger.write('intents', 'reboot', true);
    await world.start(rule, { when: 'a', then: other });
    await world.play([on, '6m']);
    await world.kill('0s', rule);
    expect(world.ledger.scopes()).toEqual(['intents', expect.stringMatching(/^rule\/instances\/.*\/rule$/)]);
  });
});

describe('a run that is kept', () => {
  const large = 'x'.repeat(65_536);
  /** Characters that the ledger was given, by what they are of. */
  let written: Map<string, number>;

  beforeEach(() => {
    written = new Map();
    const write = ledger.write.bind(ledger);
    ledger.write = (scope, place, value) => {
      const kind = scope.split('/')[1]!;
      written.set(kind, (written.get(kind) ?? 0) + JSON.stringify(value).length);
      write(scope, place, value);
    };
  });

  test('writes what started it and each output once, and then only how far it is', async () => {
    world.answer('act', { output: large });
    const waits = [{ repeat: { times: 100, max: 100, then: [{ wait: '1m' }] } }];
    await world.start({ on: [door], then: [{ do: 'act', as: 'out' }, ...waits, { do: 'other', if: 'size(out) > 1' }] });
    await world.emit('door', { text: large });
    await world.pass('3h');
    expect(world.calls.at(-1)).toBe('1h40m other');
    expect(written.get('values')).toBeLessThan(140_000);
    expect(written.get('runs')).toBeLessThan(200_000);
    expect(ledger.scopes().filter((scope) => scope.startsWith('rule/'))).toEqual([]);
  });

  test('writes an output again when a later round gives another', async () => {
    world.answer('act', { output: 'one' }, { output: 'two' });
    const rounds = [{ repeat: { times: 2, then: [{ do: 'act', as: 'out' }, { wait: '1m' }] } }];
    await world.start({ on: [door], then: [...rounds, { do: 'other', with: { was: '${{ out }}' } }] });
    await world.play(['door', '90s', 'kill', '1h']);
    expect(world.calls.at(-1)).toBe('2m other {"was":"two"}');
  });

  test('goes on where a former release kept it as one record, and leaves nothing behind', async () => {
    const rule = {
      on: [door],
      then: [
        { do: 'act', as: 'out' },
        { wait: '10m' },
        { do: 'other', with: { was: '${{ out }}', id: '${{ event.data.id }}' } },
      ],
    };
    world.answer('act', { output: 'one' });
    await world.start(rule);
    await world.play(['door 7', '1m']);
    const [runs, values] = ['runs', 'values'].map((kind) =>
      ledger.scopes().find((scope) => scope.includes(`/${kind}/`))!,
    );
    const [[id, record]] = [...ledger.entries(runs!)] as [[string, { firing: object; values?: unknown }]];
    const { values: _values, ...standing } = record;
    const trigger = ledger.read(values!, `${id} trigger`)!;
    const whole = { ...standing, firing: { ...record.firing, trigger }, outputs: { out: 'one' } };
    for (const place of ledger.entries(values!).keys()) ledger.remove(values!, place);
    ledger.write(runs!, id, whole as never);
    await world.play(['kill', '5m', 'kill', '1h']);
    expect(world.calls).toEqual(['0s act', '10m other {"was":"one","id":7}']);
    expect(ledger.scopes().filter((scope) => scope.startsWith('rule/'))).toEqual([]);
  });

  test('is forgotten when the disk lost one of its values, and so is a value without its run', async () => {
    await world.start({ on: [door], then: [{ wait: '10m' }, ...other] });
    await world.play(['door', 'door', '1m']);
    const values = ledger.scopes().find((scope) => scope.includes('/values/'))!;
    ledger.remove(values, [...ledger.entries(values).keys()][0]!);
    ledger.write(values, '0123456789abcdef trigger', {});
    await world.play(['kill', '1h']);
    expect(world.calls).toEqual([]);
    expect(ledger.scopes().filter((scope) => scope.startsWith('rule/'))).toEqual([]);
  });
});
