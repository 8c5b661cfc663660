import { beforeEach, describe, expect, test } from '@jest/globals';
import { injectable } from 'inversify';
import { NEVER, startWith, type Observable } from 'rxjs';
import { action, type Action } from '../actions/action.js';
import { Duration } from '../clock/duration.js';
import { z } from '../schemas/schema.js';
import { StreamHub } from '../streams/stream-hub.js';
import { stateStream, type StateStream } from '../streams/stream.js';
import { nothing, PluginBench, pluginOf } from './plugin.fixture.js';
import type { InjectableClass, ServiceLifecycle } from './plugin.js';

let calls: string[];
let bench: PluginBench;

beforeEach(() => {
  calls = [];
  bench = new PluginBench();
});

/** A service that takes a second to start and to end, and notes both. */
function serviceNamed(name: string, instead: ServiceLifecycle = {}): InjectableClass {
  class Service implements ServiceLifecycle {
    start(): void | Promise<void> {
      return this.#note('start', instead.start);
    }

    dispose(): void | Promise<void> {
      return this.#note('dispose', instead.dispose);
    }

    async #note(what: 'start' | 'dispose', work: ServiceLifecycle['start']): Promise<void> {
      calls.push(`${what} ${name}`);
      if (work) await work();
      else await bench.clock.sleep(Duration.parse('1s'), name);
      calls.push(`${what === 'start' ? 'started' : 'disposed'} ${name}`);
    }
  }
  Object.defineProperty(Service, 'name', { value: name });
  return Service;
}

const forEver = (): Promise<void> => new Promise(() => undefined);

/** The result of work that takes time. */
async function afterAMinute<Result>(work: Promise<Result>): Promise<Result> {
  const settled = work.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error;
    },
  );
  await bench.clock.advance(Duration.parse('1m'));
  return (await settled)();
}

describe('services start', () => {
  test('one after the other, in the order of dependencies, then as their plugin lists them', async () => {
    const door = pluginOf('door', { dependsOn: ['fan'], services: [serviceNamed('D')] });
    const fan = pluginOf('fan', { services: [serviceNamed('A'), serviceNamed('B')] });
    await afterAMinute(bench.start({ door, fan }));
    expect(calls).toEqual(['start A', 'started A', 'start B', 'started B', 'start D', 'started D']);
  });

  test('once, and no timer is left behind', async () => {
    const host = await afterAMinute(bench.start({ fan: pluginOf('fan', { services: [serviceNamed('A')] }) }));
    host.stream('wind');
    expect(calls).toEqual(['start A', 'started A']);
    expect(bench.clock.pendingTimers).toEqual([]);
  });

  test('when they have nothing to start with, too: they are made', async () => {
    class Plain {
      constructor() {
        calls.push('made');
      }
    }
    const host = await bench.start({ fan: pluginOf('fan', { services: [Plain] }) });
    await host.dispose();
    expect(calls).toEqual(['made']);
    expect(host.faults).toEqual([]);
    expect(bench.log.lines).toEqual([]);
  });

  test('where streams of any plugin can be followed already', async () => {
    @stateStream({ name: 'wind', summary: 'Its speed.', value: z.object({ speed: z.number() }) })
    class Wind implements StateStream {
      open(): Observable<{ speed: number }> {
        return NEVER.pipe(startWith({ speed: 3 }));
      }
    }
    @injectable()
    class Follower {
      constructor(readonly hub: StreamHub) {}
      start(): void {
        const { changes } = this.hub.state({ stream: 'wind', parameters: {} });
        changes.subscribe(({ value }) => calls.push(JSON.stringify(value)));
      }
    }
    const modules = {
      fan: pluginOf('fan', { services: [Follower] }),
      weather: pluginOf('weather', { streams: [Wind] }),
    };
    const host = await bench.start(modules);
    expect(host.faults).toEqual([]);
    expect(calls).toContain('{"speed":3}');
    bench.hub.close();
  });
});

describe('services end', () => {
  test('one after the other, in the reverse order of their start', async () => {
    const door = pluginOf('door', { dependsOn: ['fan'], services: [serviceNamed('D')] });
    const fan = pluginOf('fan', { services: [serviceNamed('A'), serviceNamed('B')] });
    const host = await afterAMinute(bench.start({ door, fan }));
    calls = [];
    await afterAMinute(host.dispose());
    expect(calls).toEqual(['dispose D', 'disposed D', 'dispose B', 'disposed B', 'dispose A', 'disposed A']);
    expect(bench.clock.pendingTimers).toEqual([]);
  });

  test('once', async () => {
    const host = await afterAMinute(bench.start({ fan: pluginOf('fan', { services: [serviceNamed('A')] }) }));
    await afterAMinute(host.dispose());
    calls = [];
    await afterAMinute(host.dispose());
    expect(calls).toEqual([]);
  });

  test.each([
    ['rejects', () => Promise.reject(new Error('the bus is gone')), 'the bus is gone'],
    [
      'throws',
      () => {
        throw new Error('the bus is gone');
      },
      'the bus is gone',
    ],
    ['takes more than 30 s', forEver, 'fan B.dispose did not end within 30s.'],
  ])('all of them when one %s, which is logged with its plugin', async (_what, dispose, reason) => {
    const fan = pluginOf('fan', { services: [serviceNamed('A'), serviceNamed('B', { start: () => {}, dispose })] });
    const door = pluginOf('door', { services: [serviceNamed('D')] });
    const host = await afterAMinute(bench.start({ door, fan }));
    calls = [];
    await afterAMinute(host.dispose());
    expect(calls).toEqual(['dispose B', 'dispose A', 'disposed A', 'dispose D', 'disposed D']);
    expect(bench.log.lines).toMatchObject([
      { level: 'error', message: `The plugin fan could not end B: ${reason}`, fields: { plugin: 'fan' } },
    ]);
    expect(bench.clock.pendingTimers).toEqual([]);
  });

  test('that were begun to be started, and no others', async () => {
    const start = (): Promise<void> => Promise.reject(new Error('no hardware'));
    const services = [serviceNamed('A'), serviceNamed('B', { start, dispose: () => {} }), serviceNamed('C')];
    const door = pluginOf('door', { dependsOn: ['fan'], services: [serviceNamed('D')] });
    const host = await afterAMinute(bench.start({ fan: pluginOf('fan', { services }), door }));
    await afterAMinute(host.dispose());
    expect(calls).toEqual(['start A', 'started A', 'start B', 'dispose B', 'disposed B', 'dispose A', 'disposed A']);
  });

  test('within 30 s each', async () => {
    const slow = serviceNamed('A', { start: () => {}, dispose: () => bench.clock.sleep(Duration.parse('29s'), 'A') });
    const host = await bench.start({ fan: pluginOf('fan', { services: [slow] }) });
    await afterAMinute(host.dispose());
    expect(bench.log.lines).toEqual([]);
    expect(calls).toContain('disposed A');
  });
});

describe('with doubles', () => {
  @stateStream({ name: 'wind', summary: 'Its speed.', value: z.object({ speed: z.number() }) })
  class Wind implements StateStream {
    open(): Observable<{ speed: number }> {
      return NEVER.pipe(startWith({ speed: 3 }));
    }
  }

  @action({ name: 'turn', summary: 'Turns.', effects: [], input: nothing, output: z.string() })
  class Turn implements Action<unknown, string> {
    async run(): Promise<string> {
      return 'turned';
    }
  }

  const modules = () => ({
    fan: pluginOf('fan', { services: [serviceNamed('A')], streams: [Wind], actions: [Turn] }),
  });

  test('no service starts or ends, and they stand in for streams and actions', async () => {
    const stream: StateStream = { open: () => NEVER.pipe(startWith({ speed: 1 })) };
    const turn: Action = { run: () => Promise.resolve('doubled') };
    let asked: string[] = [];
    const host = await bench.start(modules(), {
      doubles: {
        stream: ({ name }) => (asked.push(name), stream),
        action: ({ name }) => (asked.push(name), turn),
      },
    });
    expect(host.stream('wind')).toMatchObject({ plugin: 'fan', description: { name: 'wind' } });
    expect(host.action('turn')).toMatchObject({ plugin: 'fan', description: { name: 'turn' } });
    asked = [];
    expect(bench.read('wind')).toEqual({ speed: 1 });
    expect(await bench.run('turn')).toBe('doubled');
    await host.dispose();
    expect(asked).toEqual(['wind', 'turn']);
    expect(calls).toEqual([]);
  });

  test('they may take the plugin’s own', async () => {
    await bench.start(modules(), {
      doubles: { stream: (_description, own) => own(), action: (_description, own) => own() },
    });
    expect(bench.read('wind')).toEqual({ speed: 3 });
    expect(await bench.run('turn')).toBe('turned');
  });
});
