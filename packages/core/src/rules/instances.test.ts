import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Notation } from './rule-notation.fixture.js';
import { World, type Script } from './world.fixture.js';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const act = [{ do: 'act' }];
const tell = [{ do: 'act', with: { id: '${{ event.data.id }}' } }];
const ended = [{ do: 'other', with: { id: '${{ trigger.data.id }}' } }];
const door = { custom: { event: 'door' } };
const window = { custom: { event: 'window' } };
const key = 'string(event.data.id)';

type Row = readonly [claim: string, rule: Notation, script: Script, calls: readonly string[]];

const tables: Readonly<Record<string, readonly Row[]>> = {
  'mode single': [
    [
      'drops what comes while a run is in progress',
      { on: [door], then: [...tell, { wait: '10s' }] },
      ['door 1', '5s', 'door 2', '6s', 'door 3'],
      ['0s act {"id":1}', '11s act {"id":3}'],
    ],
  ],
  'mode restart': [
    [
      'aborts the run in progress and starts again',
      { on: [door], mode: 'restart', then: [{ wait: '10s' }, ...tell] },
      ['door 1', '5s', 'door 2', '20s'],
      ['15s act {"id":2}'],
    ],
    [
      'does finally of the aborted one first',
      { on: [door], mode: 'restart', then: [{ wait: '10s' }, ...tell], finally: [{ do: 'other' }] },
      ['door 1', '5s', 'door 2', '20s'],
      ['5s other', '15s act {"id":2}', '15s other'],
    ],
  ],
  'mode queued': [
    [
      'runs one after the other',
      { on: [door], mode: 'queued', then: [...tell, { wait: '10s' }] },
      ['door 1', 'door 2', 'door 3', '1m'],
      ['0s act {"id":1}', '10s act {"id":2}', '20s act {"id":3}'],
    ],
    [
      'takes up to max, the running one included',
      { on: [door], mode: 'queued', max: 2, then: [...tell, { wait: '10s' }] },
      ['door 1', 'door 2', 'door 3', '1m'],
      ['0s act {"id":1}', '10s act {"id":2}'],
    ],
    [
      'ends a run that only lasts until its end is told, with its finally, before the next one',
      { on: [door], mode: 'queued', until: [window], then: tell, finally: ended },
      ['door 1', '1m', 'door 2', '1m', 'window'],
      ['0s act {"id":1}', '1m other {"id":1}', '1m act {"id":2}', '2m other {"id":2}'],
    ],
    [
      'does so for each one that waited',
      { on: [door], mode: 'queued', until: [window], then: [...tell, { wait: '10s' }], finally: ended },
      ['door 1', 'door 2', 'door 3', '1m', 'window'],
      [
        '0s act {"id":1}',
        '10s other {"id":1}',
        '10s act {"id":2}',
        '20s other {"id":2}',
        '20s act {"id":3}',
        '1m other {"id":3}',
      ],
    ],
    [
      'goes on however often a run is followed by the next',
      { on: [door], mode: 'queued', max: 1, until: [window], then: act },
      ['door', '1m', 'door', '1m', 'door'],
      ['0s act', '1m act', '2m act'],
    ],
    [
      'leaves a run that lasts alone where a limit refuses the next one',
      { on: [door], mode: 'queued', limit: { cooldown: '10m' }, until: [window], then: tell, finally: ended },
      ['door 1', '5m', 'door 2', '1m', 'window'],
      ['0s act {"id":1}', '6m other {"id":1}'],
    ],
    [
      'lets only those wait whose turn the limit lets pass, however long the runs before them last',
      { on: [door], mode: 'queued', limit: { cooldown: '10m' }, then: [...tell, { wait: '1h' }] },
      ['door 1', '9m', 'door 2', '1m', 'door 3', '1m', 'door 4', '15m', 'door 5', '3h', 'door 6'],
      ['0s act {"id":1}', '1h act {"id":3}', '3h26m act {"id":6}'],
    ],
  ],
  'mode parallel': [
    [
      'runs up to max at the same time',
      { on: [door], mode: 'parallel', max: 2, then: [{ wait: '10s' }, ...tell] },
      ['door 1', '1s', 'door 2', 'door 3', '1m'],
      ['10s act {"id":1}', '11s act {"id":2}'],
    ],
  ],
  key: [
    [
      'gives each key a state machine of its own',
      { on: [door], key, then: [...tell, { wait: '10s' }] },
      ['door 1', 'door 2', 'door 1'],
      ['0s act {"id":1}', '0s act {"id":2}'],
    ],
    [
      'is not asked for events that if rules out',
      { on: [door], if: 'event.data.id == 1.0', key: "event.data.id == 1.0 ? 'one' : event.data.missing", then: tell },
      ['door 2', 'door 1'],
      ['0s act {"id":1}'],
    ],
  ],
  limit: [
    [
      'runs in a sliding window; what is blocked is dropped',
      { on: [door], limit: { runs: 2, per: '1h' } },
      ['door', '30m', 'door', '29m', 'door', '1m', 'door', '1m', 'door'],
      ['0s act', '30m act', '1h act'],
    ],
    [
      'cooldown',
      { on: [door], limit: { cooldown: '10m' } },
      ['door', '9m', 'door', '1m', 'door'],
      ['0s act', '10m act'],
    ],
    [
      'is kept for each key',
      { on: [door], key, limit: { cooldown: '10m' }, then: tell },
      ['door 1', 'door 2', 'door 1'],
      ['0s act {"id":1}', '0s act {"id":2}'],
    ],
    [
      'counts in uptime, not by the calendar',
      { on: [door], limit: { runs: 1, per: '24h' } },
      ['door', '1h', 'door'],
      ['0s act'],
    ],
  ],
  until: [
    [
      'ends a run in progress; then comes finally',
      { on: [door], until: [window], then: [...act, { wait: '1h' }, ...act], finally: [{ do: 'other' }] },
      ['door', '5m', 'window', '2h'],
      ['0s act', '5m other'],
    ],
    [
      'keeps the outputs of a run whose steps are done for finally',
      {
        on: [door],
        until: [window],
        then: [{ do: 'act', as: 'out' }],
        finally: [{ do: 'other', with: { was: '${{ out }}' } }],
      },
      ['door', '5m', 'window'],
      ['0s act', '5m other {"was":"done"}'],
    ],
    [
      'ends only the instance of its own key',
      {
        on: [door],
        key,
        until: [window],
        then: tell,
        finally: [{ do: 'other', with: { id: '${{ trigger.data.id }}' } }],
      },
      ['door 1', 'door 2', '1s', 'window 2', 'window 3'],
      ['0s act {"id":1}', '0s act {"id":2}', '1s other {"id":2}'],
    ],
    [
      'reads what started the run as trigger',
      {
        on: [door],
        until: [{ ...window, where: 'event.data.id == trigger.data.id' }],
        then: tell,
        finally: [{ do: 'other' }],
      },
      ['door 1', '1s', 'window 2', '1s', 'window 1'],
      ['0s act {"id":1}', '2s other'],
    ],
    [
      'a failed run does not last: finally comes at once',
      {
        on: [door],
        until: [window],
        then: [{ do: 'act' }, { stop: { reason: 'no', failed: true } }],
        finally: [{ do: 'other' }],
      },
      ['door', '1s', 'window'],
      ['0s act', '0s other'],
    ],
  ],
};

describe.each(Object.entries(tables))('%s', (_, rows) => {
  test.each(rows)('%s', async (_claim, rule, script, calls) => {
    world.answer('act', { output: 'done' });
    await world.start({ then: act, ...rule });
    await world.play(script);
    expect(world.calls).toEqual(calls);
  });
});

test('mode restart: the trace of the run that it ends says so', async () => {
  await world.start({ on: [door], mode: 'restart', then: [{ wait: '10s' }, ...act] });
  await world.emit('door');
  const { id } = world.trace;
  await world.emit('door');
  const error = { code: 'RUN_ABORTED', message: expect.stringMatching(/^The run was ended: ./) };
  expect(world.traces.get(id)).toMatchObject({ outcome: 'aborted', steps: [{ path: 'then[0]', error }] });
});

test('a calendar that jumps moves no limit', async () => {
  await world.start({ on: [door], limit: { runs: 1, per: '1h' }, then: act });
  await world.emit('door');
  world.clock.jumpWall(14 * 86_400_000);
  await world.emit('door');
  expect(world.calls).toEqual(['0s act']);
});

test('an until that reads trigger is no fault while nothing runs that it could end', async () => {
  const until = [{ ...window, where: 'event.data.id == trigger.data.id' }];
  await world.start({ on: [door], key, until, then: act });
  await world.play(['window 1', 'door 1', 'window 2', 'window 1', 'window 1']);
  expect(world.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  expect(world.status().state).toBe('idle');
});

test('status counts what was refused, with the reason', async () => {
  await world.start({ on: [door], limit: { cooldown: '10m' }, if: 'event.data.id != 9.0', then: act });
  await world.play(['door 1', 'door 2', 'door 3', 'door 9']);
  expect(world.status()).toMatchObject({ state: 'limited', runs: 1, refusals: { cooldown: 2, condition: 1 } });
});

test('limit.then notify tells once, however many events are blocked', async () => {
  await world.start({ on: [door], limit: { runs: 1, per: '1h', then: 'notify' }, then: act });
  await world.play(['door', 'door', 'door', '1h', 'door', 'door']);
  const told = world.log.lines.filter(({ level, message }) => level === 'warn' && message.includes('is limited'));
  expect(told).toHaveLength(2);
});

test('limit.then disable ends the rule and says so', async () => {
  await world.start({ on: [door], limit: { runs: 1, per: '1h', then: 'disable' }, then: act });
  await world.play(['door', 'door', '2h', 'door']);
  expect(world.calls).toEqual(['0s act']);
  expect(world.status()).toMatchObject({ state: 'disabled', refusals: { limit: 1, disabled: 1 } });
});

test('a flood of keys that leaves no room under a limit is logged once an hour, with the count and the way out', async () => {
  await world.start({ on: [door], key, limit: { runs: 1, per: '24h' }, then: act });
  for (let id = 0; id < 1_005; id++) await world.emit('door', { id });
  const lines = (): string[] => world.log.messages.filter((message) => message.includes('new keys'));
  expect(lines()).toEqual([expect.stringMatching(/1 event of new keys.*1000 keys.*shorten per and cooldown/)]);
  await world.pass('1h');
  for (let id = 2_000; id < 2_010; id++) await world.emit('door', { id });
  expect(lines()).toEqual([expect.anything(), expect.stringContaining('5 events of new keys')]);
});

test('at most a thousand keys are busy; a further one is refused and counted', async () => {
  await world.start({ on: [door], key, then: [{ wait: '1h' }] });
  for (let id = 0; id <= 1_000; id++) await world.emit('door', { id });
  expect(world.status()).toMatchObject({ runs: 1_000, refusals: { 'key-limit': 1 } });
  await world.pass('1h');
  await world.emit('door', { id: 5_000 });
  expect(world.status()).toMatchObject({ runs: 1_001 });
  expect(world.engine.status()).toHaveLength(1_001);
});
