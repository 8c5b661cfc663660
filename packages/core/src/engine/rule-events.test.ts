import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Observable, Subject } from 'rxjs';
import { action, type Action, type ActionContext } from '../actions/action.js';
import { definePlugin } from '../plugins/plugin.js';
import { dynamic, z } from '../schemas/schema.js';
import { eventStream, type EventStream } from '../streams/stream.js';
import { EngineBench } from './engine.fixture.js';

let knocks: Subject<{ value: unknown }>;

@eventStream({ name: 'knock', summary: 'A knock.', value: z.object({ value: dynamic() }) })
class Knock implements EventStream<unknown, { value: unknown }> {
  open(): Observable<{ value: unknown }> {
    return knocks;
  }
}

@action({ name: 'probe.keep', summary: 'Works until it is ended.', effects: [], input: z.object({}) })
class Keep implements Action<unknown, void> {
  run(_input: unknown, { signal }: ActionContext): Promise<void> {
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  }
}

@action({ name: 'probe.fail', summary: 'Fails.', effects: [], input: z.object({}) })
class Fail implements Action<unknown, void> {
  async run(): Promise<void> {
    throw new Error('out of order');
  }
}

const probe = definePlugin({ name: 'probe', api: '^1.0.0', streams: [Knock], actions: [Fail, Keep] });
const other = definePlugin({ name: 'other', api: '^1.0.0' });

let bench: EngineBench;
beforeEach(() => {
  knocks = new Subject();
  bench = new EngineBench([probe]);
});
afterEach(() => bench.end());

const say = (text: string): string => `then: [{ do: log, with: { message: "${text}" } }]`;
const reported = '${{ event.name }} ${{ event.from }}>${{ event.to }} ${{ event.outcome }}';
/** Faulted by a knock whose value is not a number. */
const measuring = `
  measuring:
    on: [{ knock: , where: event.value > 5.0 }]
    ${say('loud')}
`;
const failing = `
  failing:
    on: [{ knock: }]
    then: [{ do: probe.fail }]
`;
const watching = (name: string, match = ''): string => `
  ${name}:
    on: [{ rule: ${match} }]
    mode: queued
    ${say(`${name}: ${reported}`)}
`;

async function knock(value: unknown): Promise<void> {
  knocks.next({ value });
  await bench.advance('1s');
}

describe('the stream rule', () => {
  test('tells when a rule turns faulted, with the reason, and when it recovers', async () => {
    await bench.start(`${measuring}
  fault:
    on: [{ rule: { to: faulted } }]
    ${say('${{ event.name }} is at fault: ${{ event.detail }}')}
  recovery:
    on: [{ rule: { from: faulted } }]
    ${say(`recovery: ${reported}`)}
`);
    await knock('text');
    await knock('text again');
    await knock(1);
    expect(bench.said).toEqual([
      expect.stringMatching(/^measuring is at fault: where of on: .+/),
      'recovery: measuring faulted>idle ',
    ]);
  });

  test('tells how runs end, by name and outcome', async () => {
    await bench.start(failing + measuring + watching('failures', '{ name: failing, outcome: failed }'));
    await knock(7);
    expect(bench.said.filter((text) => text.startsWith('failures'))).toEqual(['failures: failing running>idle failed']);
  });

  test('masks secrets in the reason, and cuts it', async () => {
    bench.mask.add(['hush-hush']);
    await bench.start(`
  measuring:
    on: [{ knock: , where: "event.value['${'hush-hush'.repeat(200)}'] > 5.0" }]
    ${say('loud')}
  fault:
    on: [{ rule: { to: faulted } }]
    then: [{ emit: { event: heard, data: { detail: "\${{ event.detail }}" } } }]
`);
    await knock({});
    const [{ detail }] = bench.engine
      .traces({ rule: 'fault' })
      .flatMap(({ steps }) => steps.map(({ input }) => (input as { data: { detail: string } }).data)) as [
      { detail: string },
    ];
    expect(detail).toHaveLength(500);
    expect(detail).toContain('***');
    expect(detail).not.toMatch(/hus/);
  });

  test('what a rule comes to as the engine starts is heard by those after it and before it', async () => {
    const faulted = `
  faulted:
    on: [{ knock: }]
    key: event.value.missing
    ${say('never')}
  holding:
    when: clock.time > timestamp('1970-01-01T00:00:00Z')
    for: 1h
    ${say('long')}
`;
    await bench.start(watching('early', '{ to: holding }') + faulted + watching('late', '{ to: holding }'));
    await bench.advance('10s');
    expect([...bench.said].sort()).toEqual(['early: holding paused>holding ', 'late: holding paused>holding ']);
  });
});

describe('rules that listen to rules', () => {
  test('never hear of themselves', async () => {
    await bench.start(watching('all') + failing);
    await knock(7);
    await bench.advance('1m');
    expect(bench.said).toEqual(['all: failing idle>running ', 'all: failing running>idle failed']);
  });

  test('never hear of themselves, even where they name themselves', async () => {
    await bench.start(`
  self:
    on: [{ knock: }, { rule: { name: self, to: idle } }]
    mode: queued
    ${say('self')}
`);
    await knock(7);
    expect(bench.said).toEqual(['self']);
  });

  test('do not answer each other without end when they listen to all', async () => {
    await bench.start(watching('one') + watching('two') + failing);
    await knock(7);
    await bench.advance('1m');
    expect(bench.said).toHaveLength(4);
  });

  test('hear of each other where they name each other, as a chain of OnFailure= does', async () => {
    await bench.start(`${failing}
  first-aid:
    on: [{ rule: { name: failing, outcome: failed } }]
    then: [{ do: probe.fail }]
${watching('last-resort', '{ name: first-aid, outcome: failed }')}
`);
    await knock(7);
    expect(bench.said).toEqual(['last-resort: first-aid running>idle failed']);
  });

  test('take turns with everything else when they name each other in a circle', async () => {
    await bench.start(`
  ping:
    on: [{ knock: }, { rule: { name: pong, outcome: succeeded } }]
    ${say('ping')}
  pong:
    on: [{ rule: { name: ping, outcome: succeeded } }]
    ${say('pong')}
  clockwork:
    on: [{ schedule: { every: 100ms } }]
    ${say('tick')}
`);
    await knock(7);
    const turns = bench.said.filter((text) => text !== 'tick').length;
    expect(turns).toBeGreaterThan(10);
    // Each answer takes the millisecond for which events wait.
    expect(turns).toBeLessThanOrEqual(1_001);
    expect(bench.said.filter((text) => text === 'tick').length).toBeGreaterThanOrEqual(9);
  });
});

describe('a reload', () => {
  const swaps = 5;

  /** Takes a while to end where the plugins change. */
  const slow = `
  slow:
    on: [{ knock: }]
    then: [{ do: probe.keep }]
    finally: [{ wait: 100ms }]
`;
  /** Each edition is another rule of the same name: a reload ends what the former one does. */
  const changing = (edition: number): string => `
  changing:
    on: [{ knock: }]
    then: [{ do: probe.keep }, { stop: { reason: "edition ${edition}" } }]
`;
  const watcher = watching('watcher', '{ outcome: aborted }');

  test('loses no event for a listener that stays, with the same plugins and with others', async () => {
    bench = new EngineBench([probe, other]);
    await bench.start(changing(0) + slow + watcher);
    const uses = [['probe', 'other'], ['probe'], ['probe']];
    for (let swap = 1; swap <= swaps; swap++) {
      await knock(swap);
      const plugins = uses[swap % uses.length]!.map((name) => `  - use: ${name}\n`).join('');
      writeFileSync(bench.file, `version: 1\nplugins:\n${plugins}rules:\n${changing(swap)}${slow}${watcher}`);
      let isOver = false;
      const reload = bench.engine.reload().finally(() => (isOver = true));
      while (!isOver) {
        await new Promise(setImmediate);
        await bench.advance('10ms');
      }
      expect(await reload).toMatchObject({ applied: true });
      await bench.advance('1s');
      expect(bench.said).toEqual(Array(swap).fill('watcher: changing running>idle aborted'));
    }
  });
});

test('nothing of it is left after a stop', async () => {
  await bench.start(watching('all') + failing);
  knocks.next({ value: 1 });
  await bench.stop();
  expect(bench.clock.pendingTimers).toEqual([]);
});
