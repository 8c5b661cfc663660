import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { injectable } from 'inversify';
import { NEVER, startWith, type Observable } from 'rxjs';
import { action, type Action } from '../actions/action.js';
import { Duration } from '../clock/duration.js';
import { z } from '../schemas/schema.js';
import { stateStream, type StateStream } from '../streams/stream.js';
import { nothing, PluginBench, pluginOf } from './plugin.fixture.js';
import type { InjectableClass, PluginDefinition, ServiceLifecycle } from './plugin.js';

let bench: PluginBench;
let started: string[];

beforeEach(() => {
  bench = new PluginBench();
  started = [];
});

afterEach(() => bench.hub.close());

/** A plugin with the stream NAME, the action NAME.do and one service. */
function plugin(name: string, service: ServiceLifecycle, ...dependsOn: string[]): PluginDefinition {
  @stateStream({ name, summary: 'Says that it is there.', value: z.object({ there: z.boolean() }) })
  class There implements StateStream {
    open(): Observable<{ there: boolean }> {
      return NEVER.pipe(startWith({ there: true }));
    }
  }

  @action({ name: `${name}.do`, summary: 'Says that it was done.', effects: [], input: nothing, output: z.string() })
  class Do implements Action<unknown, string> {
    async run(): Promise<string> {
      return 'done';
    }
  }

  class Service implements ServiceLifecycle {
    start(): void | Promise<void> {
      started.push(name);
      return service.start?.();
    }
  }

  return pluginOf(name, { dependsOn, streams: [There], actions: [Do], services: [Service] });
}

const good: ServiceLifecycle = {};
const failing: ServiceLifecycle = { start: () => Promise.reject(new Error('licence expired')) };
const outOfService = 'The plugin bus is out of service: Service failed to start: licence expired';

describe('a plugin that fails to start', () => {
  test('is out of service: its streams are lost and its actions fail, with the reason', async () => {
    const host = await bench.start({ bus: plugin('bus', failing) });
    expect(host.faults).toMatchObject([{ plugin: 'bus', error: { code: 'PLUGIN_FAULT', message: outOfService } }]);
    expect(bench.read('bus')).toBe(`lost: ${outOfService}`);
    await expect(bench.run('bus.do')).rejects.toMatchObject({ code: 'PLUGIN_FAULT', message: outOfService });
  });

  test('is logged with its name, once', async () => {
    await bench.start({ bus: plugin('bus', failing) });
    expect(bench.log.lines).toMatchObject([{ level: 'error', message: outOfService, fields: { plugin: 'bus' } }]);
  });

  test('keeps what was thrown as the cause', async () => {
    const host = await bench.start({ bus: plugin('bus', failing) });
    expect(host.faults[0]?.error.cause).toMatchObject({ message: 'licence expired' });
  });

  test('takes those that depend on it out of service, over others too; the rest goes on', async () => {
    const host = await bench.start({
      page: plugin('page', good, 'store'),
      bus: plugin('bus', failing),
      store: plugin('store', good, 'fan', 'bus'),
      fan: plugin('fan', good),
      door: plugin('door', good, 'fan'),
    });
    expect(started).toEqual(['fan', 'bus', 'door']);
    expect(host.faults.map((fault) => fault.plugin)).toEqual(['bus', 'store', 'page']);
    const storeIsOut = `The plugin store is out of service: it depends on bus, which is out of service: ${outOfService}`;
    expect(bench.read('store')).toBe(`lost: ${storeIsOut}`);
    await expect(bench.run('page.do')).rejects.toThrow(
      `The plugin page is out of service: it depends on store, which is out of service: ${storeIsOut}`,
    );
    expect(bench.read('door')).toEqual({ there: true });
    expect(await bench.run('fan.do')).toBe('done');
    expect(bench.log.lines.map(({ fields }) => fields['plugin'])).toEqual(['bus', 'store', 'page', 'store']);
  });

  test('does not take out of service what it depends on', async () => {
    const host = await bench.start({ fan: plugin('fan', good), bus: plugin('bus', failing, 'fan') });
    expect(host.faults.map((fault) => fault.plugin)).toEqual(['bus']);
    expect(bench.read('fan')).toEqual({ there: true });
  });
});

describe('a service fails', () => {
  const reasonOf = async (service: InjectableClass): Promise<string | undefined> => {
    const host = await bench.start({ bus: pluginOf('bus', { services: [service] }), fan: plugin('fan', good) });
    expect(started).toEqual(['fan']);
    return host.faults[0]?.error.message;
  };

  test('when start throws', async () => {
    class Service {
      start(): void {
        throw new Error('no hardware');
      }
    }
    expect(await reasonOf(Service)).toMatch(/Service failed to start: no hardware$/);
  });

  test('when start throws something that is no error', async () => {
    class Service {
      start(): Promise<void> {
        return Promise.reject('no hardware');
      }
    }
    expect(await reasonOf(Service)).toMatch(/Service failed to start: no hardware$/);
  });

  test('when it cannot be made', async () => {
    class Service {
      constructor() {
        throw new Error('no hardware');
      }
    }
    expect(await reasonOf(Service)).toMatch(/Service of the plugin bus cannot be made: no hardware$/);
  });

  test('when it asks for what nobody brings', async () => {
    class Unknown {}
    @injectable()
    class Service {
      constructor(readonly unknown: Unknown) {}
    }
    expect(await reasonOf(Service)).toMatch(/Service of the plugin bus cannot be made: .*"Unknown"/s);
  });

  test('when one before it in its plugin failed: it is not started', async () => {
    class First {
      start(): void {
        throw new Error('no hardware');
      }
    }
    class Second {
      start(): void {
        started.push('second');
      }
    }
    const host = await bench.start({ bus: pluginOf('bus', { services: [First, Second] }) });
    expect(started).toEqual([]);
    const reason = 'The plugin bus is out of service: First failed to start: no hardware';
    expect(host.faults.map(({ error }) => error.message)).toEqual([reason]);
    expect(bench.log.messages).toEqual([reason]);
  });
});

describe('a service that takes more than 30 s to start', () => {
  const lateAfter = (time: string): ServiceLifecycle => ({
    start: () => bench.clock.sleep(Duration.parse(time), 'late'),
  });

  test('takes its plugin out of service, and the next one starts', async () => {
    const starting = bench.start({ bus: plugin('bus', lateAfter('31s')), fan: plugin('fan', good) });
    await bench.clock.advance(Duration.parse('29s'));
    expect(started).toEqual(['bus']);
    await bench.clock.advance(Duration.parse('1s'));
    const host = await starting;
    expect(started).toEqual(['bus', 'fan']);
    expect(host.faults).toMatchObject([
      {
        plugin: 'bus',
        error: {
          message:
            'The plugin bus is out of service: Service failed to start: bus Service.start did not end within 30s.',
          cause: { code: 'PLUGIN_TIMEOUT' },
        },
      },
    ]);
  });

  test('stays out of service when it has started after all', async () => {
    const starting = bench.start({ bus: plugin('bus', lateAfter('31s')) });
    await bench.clock.advance(Duration.parse('1m'));
    const host = await starting;
    expect(host.faults).toHaveLength(1);
    await expect(bench.run('bus.do')).rejects.toMatchObject({ code: 'PLUGIN_FAULT' });
  });

  test('may take up to that', async () => {
    const starting = bench.start({ bus: plugin('bus', lateAfter('29s')) });
    await bench.clock.advance(Duration.parse('1m'));
    expect((await starting).faults).toEqual([]);
  });
});

test('no rejection is left without anybody who catches it, in time or late', async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on('unhandledRejection', note);
  try {
    const rejectsLate: ServiceLifecycle = {
      start: async () => {
        await bench.clock.sleep(Duration.parse('40s'), 'late');
        throw new Error('licence expired');
      },
    };
    const starting = bench.start({
      fan: plugin('fan', good),
      bus: plugin('bus', failing),
      late: plugin('late', rejectsLate),
    });
    await bench.clock.advance(Duration.parse('1m'));
    expect((await starting).faults).toHaveLength(2);
    await bench.clock.settle();
    expect(uncaught).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});
