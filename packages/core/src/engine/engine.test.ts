import { afterEach, describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Observable, throwError } from 'rxjs';
import { action, type Action } from '../actions/action.js';
import { eventually } from '../clock/eventually.fixture.js';
import { coreError } from '../diagnostics/core-errors.js';
import { DiagnosticsError } from '../diagnostics/device-error.js';
import { definePlugin } from '../plugins/plugin.js';
import { z } from '../schemas/schema.js';
import { eventStream, type EventStream, stateStream, type StateStream } from '../streams/stream.js';
import { EngineBench } from './engine.fixture.js';

const heartbeat = `
  heartbeat:
    on: [{ schedule: { every: 1m } }]
    then: [{ do: log, with: { message: beat } }]
`;

let bench: EngineBench;
afterEach(async () => {
  await bench.end();
  HangingService.starts = 0;
});

describe('an engine', () => {
  test('runs rules on schedule, custom and device streams', async () => {
    bench = new EngineBench();
    await bench.start(`
  every-minute:
    on: [{ schedule: { every: 1m } }]
    then: [{ emit: { event: tick, data: { n: 7 } } }]
  answer:
    on: [{ custom: { event: tick } }]
    then: [{ do: log, with: { message: "tick \${{ event.data.n }}" } }]
  up-for-long:
    when: device.uptime > duration('5m')
    then: [{ do: log, with: { message: up } }]
`);
    // The figures come from the real procfs, which virtual time does not wait for.
    await eventually(() => bench.engine.status().streams.every(({ reading }) => reading?.quality !== 'lost'));
    await bench.advance('6m');
    expect(bench.said.filter((message) => message === 'tick 7')).toHaveLength(6);
    await eventually(() => bench.said.filter((message) => message === 'up').length === 1);
    expect(bench.engine.status()).toMatchObject({ state: 'running', plugins: ['core'] });
    expect(bench.engine.traces().map(({ rule }) => rule)).toContain('answer');
  });

  test('tells rules that it starts, with a new boot, and that it stops', async () => {
    bench = new EngineBench();
    await bench.start(`
  hello:
    on: [{ start: }]
    then: [{ do: log, with: { message: "start: \${{ event.reason }}" } }]
  booted:
    on: [{ boot: }]
    then: [{ do: log, with: { message: "boot: \${{ event.reason }}" } }]
  farewell:
    on: [{ stop: }]
    then: [{ do: log, with: { message: "stop: \${{ event.reason }}" } }]
`);
    expect([...bench.said].sort()).toEqual(['boot: first', 'start: boot']);
    await bench.stop();
    expect(bench.said).toContain('stop: SIGTERM');
    expect(bench.clock.pendingTimers).toEqual([]);
  });

  test('refuses a bad file with everything that is wrong with it', async () => {
    bench = new EngineBench();
    await bench.start(heartbeat);
    const other = new EngineBench();
    const failure = await other
      .create(heartbeat.replace('do: log', 'do: lgo').replace('every: 1m', 'every: soon'))
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DiagnosticsError);
    expect((failure as DiagnosticsError).diagnostics.length).toBeGreaterThanOrEqual(2);
  });
});

describe('a reload', () => {
  test('gives rules that it leaves untouched the secrets as they are now', async () => {
    bench = new EngineBench();
    const token = join(bench.folder, 'token');
    writeFileSync(token, 'old-word');
    const rules = `
  tell:
    on: [{ custom: { event: go } }]
    then: [{ emit: { event: told, data: { word: "\${{ secrets.token == 'new-word' ? 'new' : 'old' }}" } } }]
  hear:
    on: [{ custom: { event: told } }]
    then: [{ do: log, with: { message: "\${{ event.data.word }}" } }]
secrets: { token: { file: ${token} } }
`;
    await bench.start(rules);
    writeFileSync(token, 'new-word');
    expect(await bench.engine.reload()).toMatchObject({ applied: true });
    bench.engine.emit('go', null);
    await bench.advance('1s');
    expect(bench.said).toEqual(['new']);
  });

  test('puts a good file in force and leaves unchanged rules as they were', async () => {
    bench = new EngineBench();
    await bench.start(heartbeat);
    await bench.advance('30s');
    bench.write(`${heartbeat}
  added:
    on: [{ custom: { event: go } }]
    then: [{ do: log, with: { message: added } }]
`);
    expect(await bench.engine.reload()).toMatchObject({ applied: true });
    await bench.advance('31s');
    expect(bench.said).toEqual(['beat']);
    expect(bench.engine.status().rules.map(({ rule }) => rule)).toEqual(expect.arrayContaining(['heartbeat', 'added']));
  });

  test('goes on with a silence when the plugins change, and tells it a tenth later at most', async () => {
    const silence = `
  silence:
    on: [{ absence: { of: { custom: { event: door } }, within: 1h } }]
    then: [{ do: log, with: { message: silent } }]
`;
    bench = new EngineBench([faulty]);
    await bench.start(silence);
    await bench.advance('50m');
    writeFileSync(bench.file, `version: 1\nrules:\n${silence}`);
    expect(await bench.engine.reload()).toMatchObject({ applied: true });
    await bench.advance('9m');
    expect(bench.said).toEqual([]);
    await bench.advance('7m');
    expect(bench.said).toEqual(['silent']);
  });

  test('leaves the old rules in force when the file is bad, and logs each finding with its place', async () => {
    bench = new EngineBench();
    await bench.start(heartbeat);
    bench.write(heartbeat.replace('do: log', 'do: lgo'));
    expect(await bench.engine.reload()).toMatchObject({ applied: false });
    expect(bench.log.messages.join('\n')).toMatch(/\.devicerc\.yml:\d+:\d+: .*lgo/);
    await bench.advance('2m');
    expect(bench.said).toEqual(['beat', 'beat']);
  });
});

describe('a stop', () => {
  const lamp = (until: string, ...last: string[]): string => `
  lamp:
    on: [{ start: }]
    until: [${until}]
    then: [{ do: log, with: { message: on } }]
    finally: [${[...last, '{ do: log, with: { message: off } }'].join(', ')}]
`;
  const anyStop = '{ stop: }';
  const seconds = async (work: () => Promise<void>): Promise<number> => {
    const before = bench.clock.boottime();
    await work();
    return (bench.clock.boottime() - before) / 1_000;
  };

  test.each([anyStop, '{ count: { of: { stop: }, n: 1, within: 1m } }'])(
    'is an event for until, too: finally is done before the engine ends (%s)',
    async (until) => {
      bench = new EngineBench();
      await bench.start(lamp(until));
      expect(bench.said).toEqual(['on']);
      expect(await seconds(() => bench.stop())).toBeLessThan(1);
      expect(bench.said).toEqual(['on', 'off']);
      expect(bench.ledger.scopes().filter((scope) => scope.startsWith('rule'))).toEqual([]);
    },
  );

  test('leaves finally 6 s', async () => {
    bench = new EngineBench();
    await bench.start(lamp(anyStop, '{ wait: 5500ms }'));
    await bench.stop();
    expect(bench.said).toEqual(['on', 'off']);
  });

  test('is through within 8 s, whatever finally does, and says why it was cut short', async () => {
    bench = new EngineBench();
    await bench.start(lamp(anyStop, '{ wait: 50s }'));
    expect(await seconds(() => bench.stop())).toBeLessThan(7);
    expect(bench.log.messages).toContain('lamp: finally failed: No time is left: the engine stops.');
    expect(bench.said).toEqual(['on']);
    await bench.load();
    await bench.engine.start();
    await bench.advance('1h');
    expect(bench.said).toEqual(['on', 'off']);
  });

  test('leaves finally to the next start when farewells and an action that ignores its end took all the time', async () => {
    bench = new EngineBench([faulty]);
    await bench.start(`
  bye: { on: [{ stop: }], then: [{ wait: 1h }] }
  stubborn:
    on: [{ start: }]
    then: [{ do: bad.never, timeout: 1h }]
    finally: [{ do: log, with: { message: off } }]
`);
    expect(await seconds(() => bench.stop())).toBeLessThan(8);
    await bench.advance('1m');
    expect(bench.said).toEqual([]);
    await bench.load();
    await bench.engine.start();
    await bench.advance('1s');
    expect(bench.said).toEqual(['off']);
  });

  test('does not wait for the plugins that a reload is about to end', async () => {
    bench = new EngineBench([endless]);
    EndlessService.ends = 0;
    await bench.start(heartbeat);
    writeFileSync(bench.file, `version: 1\nrules:${heartbeat}`);
    const reloaded = bench.engine.reload();
    await eventually(() => EndlessService.ends === 1);
    expect(await seconds(() => bench.stop())).toBeLessThan(8);
    expect(await reloaded).toMatchObject({ applied: false });
    await bench.advance('1m');
    expect(bench.clock.pendingTimers).toEqual([]);
  });
});

test('a reload with other plugins that cuts finally short says so, and finally goes on with them', async () => {
  bench = new EngineBench([faulty]);
  const rules = `
  lamp:
    on: [{ start: }]
    until: [{ custom: { event: go } }]
    then: [{ do: log, with: { message: on } }]
    finally: [{ wait: 50s }, { do: log, with: { message: off } }]
`;
  await bench.start(rules);
  bench.engine.emit('go', null);
  await bench.advance('1s');
  writeFileSync(bench.file, `version: 1\nrules:${rules}`);
  let result: unknown;
  void bench.engine.reload().then((reload) => (result = reload));
  await eventually(async () => {
    await bench.advance('1s');
    return result !== undefined;
  });
  expect(result).toMatchObject({ applied: true });
  expect(bench.log.messages).toContain('lamp: finally failed: No time is left: other plugins take over.');
  await bench.advance('1h');
  expect(bench.said).toEqual(['on', 'off']);
});

describe('a reload with other plugins', () => {
  const lasting = (name: string, off: string, wait = '2s'): string => `
  ${name}:
    on: [{ start: }]
    until: [{ custom: { event: go } }]
    then: [{ do: log, with: { message: ${name} on } }]
    finally: [{ wait: ${wait} }, { do: log, with: { message: ${off} } }]
`;

  const reloadInto = async (rules: string): Promise<void> => {
    writeFileSync(bench.file, `version: 1\nrules:\n${rules}`);
    let result: unknown;
    void bench.engine.reload().then((reload) => (result = reload));
    await eventually(async () => {
      await bench.advance('500ms');
      return result !== undefined;
    });
    expect(result).toMatchObject({ applied: true });
  };

  test('does finally of the rules that it changes or removes, and leaves alone what lasts of the others', async () => {
    bench = new EngineBench([faulty]);
    const same = lasting('same', 'same off');
    await bench.start(`${same}${lasting('changed', 'old off')}${lasting('removed', 'removed off')}`);
    await reloadInto(`${same}${lasting('changed', 'new off')}`);
    expect([...bench.said].sort()).toEqual(['changed on', 'old off', 'removed off', 'removed on', 'same on']);
    expect(bench.log.messages).toContain('changed was changed: its timers, limits and runs start anew.');
    expect(bench.log.messages).toContain('removed was removed.');
    expect(bench.engine.status().rules).toMatchObject([
      { rule: 'same', state: 'holding' },
      { rule: 'changed', state: 'idle' },
    ]);
    bench.engine.emit('go', null);
    await bench.advance('3s');
    expect(bench.said.at(-1)).toBe('same off');
    expect(bench.ledger.scopes().filter((scope) => scope.startsWith('rule'))).toEqual([]);
  });

  test('waits 6 s for finally of a rule that it removes, and says that it was cut short', async () => {
    bench = new EngineBench([faulty]);
    await bench.start(`${heartbeat}${lasting('removed', 'removed off', '50s')}`);
    const before = bench.clock.boottime();
    await reloadInto(heartbeat);
    expect(bench.clock.boottime() - before).toBeLessThan(8_000);
    expect(bench.log.messages).toContain('removed: finally failed: No time is left: other plugins take over.');
    await bench.advance('1m');
    expect(bench.said).toEqual(['removed on', 'beat']);
    expect(bench.ledger.scopes().filter((scope) => scope.includes('removed'))).toEqual([]);
  });
});

test('a stop does not wait for plugins that hang at their start', async () => {
  bench = new EngineBench([hanging]);
  HangingService.starts = 0;
  const engine = await bench.create(heartbeat);
  const started = engine.start().catch((error: unknown) => error);
  await eventually(() => HangingService.starts === 1);
  const before = bench.clock.boottime();
  await bench.stop();
  expect(bench.clock.boottime() - before).toBeLessThanOrEqual(8_000);
  await expect(started).resolves.toMatchObject({ code: 'ENGINE_STOPPING' });
  expect(engine.status().state).toBe('stopped');
});

test('an engine that still starts its plugins knows no rule yet, and says so', async () => {
  bench = new EngineBench([hanging]);
  const engine = await bench.create(heartbeat);
  const started = engine.start().catch((error: unknown) => error);
  await eventually(() => HangingService.starts === 1);
  const notReady = expect.objectContaining({ code: 'ENGINE_NOT_READY' });
  expect(() => engine.explain('heartbeat')).toThrow(notReady);
  await bench.stop();
  await started;
});

test('a stop does not wait for the plugins of a reload that hang', async () => {
  bench = new EngineBench([hanging]);
  HangingService.starts = 0;
  const rules = `version: 1\nrules:\n  bye: { on: [{ stop: }], then: [{ do: log, with: { message: bye } }] }\n`;
  writeFileSync(bench.file, rules);
  await bench.load();
  await bench.engine.start();
  writeFileSync(bench.file, `plugins: [{ use: hanging }]\n${rules}`);
  const reloaded = bench.engine.reload();
  await eventually(() => HangingService.starts === 1);
  const before = bench.clock.boottime();
  await bench.stop();
  expect(bench.clock.boottime() - before).toBeLessThan(8_000);
  expect(bench.said).toEqual(['bye']);
  expect(await reloaded).toMatchObject({ applied: false, diagnostics: [{ code: 'RELOAD_FAILED' }] });
  await bench.advance('1m');
  expect(bench.clock.pendingTimers).toEqual([]);
});

describe('a full disk', () => {
  const full = (): Promise<never> => Promise.reject(coreError('LEDGER_UNWRITABLE', 'The disk is full.'));

  test('does not keep a file with other plugins from being put in force', async () => {
    bench = new EngineBench([faulty]);
    await bench.start(heartbeat);
    bench.ledger.commit = full;
    writeFileSync(bench.file, `version: 1\nrules:\n${heartbeat.replace('beat }', 'beats on }')}`);
    expect(await bench.engine.reload()).toMatchObject({ applied: true });
    await bench.advance('1m');
    expect(bench.said).toEqual(['beats on']);
    expect(bench.engine.status().plugins).toEqual(['core']);
  });

  test('does not keep the streams and plugins from being ended', async () => {
    bench = new EngineBench();
    await bench.start(heartbeat);
    bench.ledger.commit = full;
    await bench.stop();
    expect(bench.clock.pendingTimers).toEqual([]);
  });
});

@eventStream({ name: 'bad.events', summary: 'Fails when it is opened.', value: z.object({}) })
class FailingEvents implements EventStream<unknown, Record<string, never>> {
  open(): Observable<Record<string, never>> {
    return throwError(() => new Error('the sensor burnt down'));
  }
}

@stateStream({ name: 'bad', summary: 'Throws when it is opened.', value: z.object({ on: z.boolean() }) })
class ThrowingState implements StateStream<unknown, { on: boolean }> {
  open(): Observable<{ on: boolean }> {
    throw new Error('no such chip');
  }
}

@action({ name: 'bad.never', summary: 'Never ends.', effects: [], input: z.object({}) })
class NeverEnding implements Action<unknown, void> {
  run(): Promise<void> {
    return new Promise(() => undefined);
  }
}

@action({ name: 'bad.throw', summary: 'Throws.', effects: [], input: z.object({}) })
class Throwing implements Action<unknown, void> {
  run(): Promise<void> {
    throw new Error('boom');
  }
}

class HangingService {
  static starts = 0;

  start(): Promise<void> {
    HangingService.starts++;
    return new Promise(() => undefined);
  }
}

const hanging = definePlugin({ name: 'hanging', api: '^1.0.0', services: [HangingService] });

class EndlessService {
  static ends = 0;

  dispose(): Promise<void> {
    EndlessService.ends++;
    return new Promise(() => undefined);
  }
}

const endless = definePlugin({ name: 'endless', api: '^1.0.0', services: [EndlessService] });

class FailingService {
  start(): void {
    throw new Error('licence expired');
  }
}

const faulty = definePlugin({
  name: 'faulty',
  api: '^1.0.0',
  streams: [FailingEvents, ThrowingState],
  actions: [NeverEnding, Throwing],
});

const broken = definePlugin({ name: 'broken', api: '^1.0.0', services: [FailingService] });

describe('a fault', () => {
  test.each([
    [
      'a stream that errors',
      '{ on: [{ bad.events: }], then: [{ do: log, with: { message: x } }] }',
      /sensor burnt down/,
    ],
    ['a stream that throws', '{ when: bad.on, then: [{ do: log, with: { message: x } }] }', /no such chip/],
    ['an action that throws', '{ on: [{ start: }], then: [{ do: bad.throw }] }', /boom/],
  ])('of %s is attributed in the log, and the other rules go on', async (_what, rule, message) => {
    bench = new EngineBench([faulty]);
    await bench.start(`${heartbeat}\n  bad-rule: ${rule}\n`);
    await bench.advance('3m');
    expect(bench.said.filter((line) => line === 'beat')).toHaveLength(3);
    const line = bench.log.lines.find((logged) => message.test(logged.message + JSON.stringify(logged.fields)));
    expect(JSON.stringify(line)).toMatch(/faulty|bad-rule/);
  });

  test('of an action that never ends holds up its own rule alone, and not the stop', async () => {
    bench = new EngineBench([faulty]);
    await bench.start(`${heartbeat}\n  bad-rule: { on: [{ start: }], then: [{ do: bad.never, timeout: 1h }] }\n`);
    await bench.advance('3m');
    expect(bench.said.filter((line) => line === 'beat')).toHaveLength(3);
    expect(bench.engine.status().rules.find(({ rule }) => rule === 'bad-rule')).toMatchObject({ state: 'running' });
    const before = bench.clock.boottime();
    await bench.stop();
    expect(bench.clock.boottime() - before).toBeLessThan(8_000);
  });

  test('of a plugin that cannot start leaves the rules on other plugins running', async () => {
    bench = new EngineBench([broken]);
    await bench.start(heartbeat);
    await bench.advance('1m');
    expect(bench.said).toEqual(['beat']);
    expect(bench.log.lines).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('licence expired') }),
    );
  });
});
