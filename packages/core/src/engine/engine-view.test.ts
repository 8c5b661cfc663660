import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { injectable } from 'inversify';
import { config, type Observable, Subject } from 'rxjs';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { definePlugin } from '../plugins/plugin.js';
import { dynamic, duration, z } from '../schemas/schema.js';
import { eventStream, type EventStream, stateStream, type StateStream } from '../streams/stream.js';
import { ControlCommands } from './control/control-commands.js';
import { controlVersion } from './control/protocol.js';
import { EngineBench } from './engine.fixture.js';
import { type EngineChange, EngineView } from './engine-view.js';

const secret = 'hush-hush';

let knocks: Subject<{ value: unknown }>;
let levels: Subject<{ bytes: Uint8Array; lasted: Duration; text: string }>;
/** What the plugin was given. */
let view: EngineView;
let batches: (readonly EngineChange[])[];
let completions: number;

@eventStream({ name: 'knock', summary: 'A knock.', value: z.object({ value: dynamic() }) })
class Knock implements EventStream<unknown, { value: unknown }> {
  open(): Observable<{ value: unknown }> {
    return knocks;
  }
}

const level = z.object({ bytes: dynamic(), lasted: duration(), text: z.string() });
@stateStream({ name: 'tank', summary: 'A tank.', parameters: z.object({ at: z.string().default('') }), value: level })
class Tank implements StateStream<unknown, z.output<typeof level>> {
  open(): Observable<z.output<typeof level>> {
    return levels;
  }
}

@injectable()
class Page {
  constructor(given: EngineView) {
    view = given;
    given.changes.subscribe({ next: (changes) => batches.push(changes), complete: () => completions++ });
  }

  start(): void {}
}

const page = definePlugin({ name: 'page', api: '^1.0.0', services: [Page], streams: [Knock, Tank] });

let bench: EngineBench;
beforeEach(() => {
  knocks = new Subject();
  levels = new Subject();
  batches = [];
  completions = 0;
  bench = new EngineBench([page]);
  bench.mask.add([secret]);
});
afterEach(() => bench.end());

const rules = `
  door:
    on: [{ knock: }]
    key: event.value
    mode: queued
    then: [{ do: log, with: { message: "\${{ event.value }}" } }]
`;
const full = `
  full:
    when: tank.lasted > duration('1h') && tank.text != 'none'
    for: 10m
    then: [{ do: log, with: { message: full } }]
`;

const ask = (command: string, input: object = {}): Promise<unknown> =>
  new ControlCommands(bench.engine, bench.mask).answer({ version: controlVersion, command, with: input });

async function knock(value: unknown): Promise<void> {
  knocks.next({ value });
  await bench.advance('1s');
}

describe('the view that a plugin gets', () => {
  beforeEach(async () => {
    await bench.start(rules + full);
    levels.next({ bytes: new Uint8Array([7]), lasted: Duration.parse('2h'), text: `is ${secret}` });
    await knock(secret);
    await knock('back');
  });

  test('answers what the control socket answers', async () => {
    const [run] = view.traces().runs;
    expect(run).toMatchObject({ rule: 'door', outcome: 'succeeded', steps: 1, cause: 'event knock' });
    expect(view.status()).toEqual(await ask('status'));
    expect(view.why('full')).toEqual(await ask('why', { rule: 'full' }));
    expect(view.why('door')).toEqual(await ask('why', { rule: 'door' }));
    expect(view.traces()).toEqual(await ask('traces'));
    expect(view.trace(run!.id)).toEqual(await ask('trace', { run: run!.id }));
    expect(() => view.why('dor')).toThrow(expect.objectContaining({ code: 'RULE_UNKNOWN' }));
    expect(() => view.trace('no')).toThrow(expect.objectContaining({ code: 'RUN_UNKNOWN' }));
  });

  test('gives plain data, in which every secret is masked', () => {
    const answers = [
      view.status(),
      view.why('full'),
      view.why('door'),
      view.traces(),
      ...view.traces().runs.map(({ id }) => view.trace(id)),
    ];
    for (const answer of answers) expect(answer).toEqual(JSON.parse(JSON.stringify(answer)));
    expect(JSON.stringify(answers)).not.toContain(secret);
    expect(JSON.stringify(answers)).toContain('***');
    expect(view.why('full').explanation.couldFireIn).toBe('9m58s');
  });

  test('gives copies: what is done to them reaches nobody', () => {
    const { id } = view.traces().runs[0]!;
    const before = JSON.stringify([view.trace(id), view.why('full'), view.status()]);
    const spoil = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const part of Object.values(value)) spoil(part);
      for (const field of Object.keys(value)) Reflect.deleteProperty(value, field);
    };
    for (const answer of [view.trace(id), view.why('full'), view.status()]) spoil(answer);
    expect(JSON.stringify([view.trace(id), view.why('full'), view.status()])).toBe(before);
  });
});

describe('its changes', () => {
  const latest = (): readonly EngineChange[] => batches.at(-1)!;

  test('are collected for 250 ms, each thing once', async () => {
    await bench.start(rules);
    await bench.advance('1s');
    batches.length = 0;
    for (let count = 0; count < 100; count++) knocks.next({ value: 'front' });
    await bench.advance('200ms');
    expect(batches).toEqual([]);
    await bench.advance('50ms');
    expect(batches).toHaveLength(1);
    expect(latest().filter(({ kind }) => kind !== 'run')).toEqual([
      { kind: 'stream', stream: 'knock' },
      { kind: 'rule', rule: 'door', key: 'front', state: 'idle' },
      { kind: 'rule', rule: 'door', state: 'idle' },
    ]);
    // Ten may run or wait in mode queued.
    expect(latest().filter((change) => change.kind === 'run' && change.outcome === 'succeeded')).toHaveLength(10);
    expect([latest(), ...latest()].every((part) => Object.isFrozen(part))).toBe(true);
  });

  test('name a stream with its parameters, and mask secrets', async () => {
    bench.write(
      `${rules}${full.replaceAll('tank', 'cellar')}\nstreams: { cellar: { from: tank, with: { at: "${secret}" } } }`,
    );
    await bench.load();
    await bench.engine.start();
    levels.next({ bytes: new Uint8Array(), lasted: Duration.parse('2h'), text: '' });
    await knock(secret);
    const changes = batches.flat();
    expect(changes).toContainEqual({ kind: 'stream', stream: 'tank(***)' });
    expect(changes).toContainEqual({ kind: 'rule', rule: 'door', key: '***', state: 'idle' });
    expect(changes).toContainEqual({ kind: 'engine' });
    expect(JSON.stringify(changes)).not.toContain(secret);
  });

  test('are bounded: of a flood a thousand are listed, and that there was more', async () => {
    await bench.start(rules);
    await bench.advance('1s');
    for (let key = 0; key < 900; key++) knocks.next({ value: `key ${key}` });
    await bench.advance('250ms');
    expect(latest()).toHaveLength(1_001);
    expect(latest().at(-1)).toEqual({ kind: 'more' });
    await knock('front');
    expect(latest().at(-1)).not.toEqual({ kind: 'more' });
  });

  test('cost nothing while nobody subscribes, and leave no timer', async () => {
    bench = new EngineBench([definePlugin({ name: 'page', api: '^1.0.0', streams: [Knock, Tank] })]);
    await bench.start(rules);
    knocks.next({ value: 'front' });
    await bench.clock.settle();
    expect(bench.clock.pendingTimers).not.toContain('changes of the engine');
  });

  test('a subscriber that throws disturbs neither the engine nor another', async () => {
    const errors: unknown[] = [];
    config.onUnhandledError = (error) => errors.push(error);
    try {
      await bench.start(rules);
      const after: unknown[] = [];
      view.changes.subscribe(() => {
        throw new Error('page is torn');
      });
      view.changes.subscribe((changes) => after.push(changes));
      await knock('front');
      await knock('front');
      expect(after).toHaveLength(2);
      expect(bench.said).toEqual(['front', 'front']);
      // rxjs reports each by a timer of its own.
      await eventually(() => errors.length === 2);
      expect(errors.map(String)).toEqual(['Error: page is torn', 'Error: page is torn']);
    } finally {
      config.onUnhandledError = null;
    }
  });

  test('end with the plugins: a reload with others leaves no subscriber behind, a stop ends the rest', async () => {
    await bench.start(rules);
    const others = '  hello: { on: [{ start: }], then: [{ do: log, with: { message: hello } }] }\n';
    writeFileSync(bench.file, `version: 1\nrules:\n${others}`);
    expect(await bench.engine.reload()).toMatchObject({ applied: true });
    expect(completions).toBe(1);
    let isOver = false;
    bench.engine.view.changes.subscribe({ complete: () => (isOver = true) });
    await bench.stop();
    expect(isOver).toBe(true);
    expect(bench.clock.pendingTimers).toEqual([]);
  });

  test('tell a reload, though the plugins stay', async () => {
    await bench.start(rules);
    await bench.advance('1s');
    batches.length = 0;
    bench.write(rules + full);
    expect(await bench.engine.reload()).toMatchObject({ applied: true });
    await bench.advance('1s');
    expect(batches.flat()).toContainEqual({ kind: 'engine' });
  });
});
