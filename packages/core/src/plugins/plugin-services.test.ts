import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { inject, injectable } from 'inversify';
import { map, NEVER, startWith, Subject, type Observable } from 'rxjs';
import { action, type Action } from '../actions/action.js';
import { Clock } from '../clock/clock.js';
import { coreError } from '../diagnostics/core-errors.js';
import { Logger } from '../diagnostics/logger.js';
import { HostEnvironment } from '../host/host-environment.js';
import { z } from '../schemas/schema.js';
import { StreamHub } from '../streams/stream-hub.js';
import { eventStream, type EventStream, stateStream, type StateStream } from '../streams/stream.js';
import { nothing, PluginBench, pluginOf } from './plugin.fixture.js';
import { streamOf, type StreamOf } from './stream-injection.js';

/** What the classes of a test were given, as they were made. */
let made: Made[];
let bench: PluginBench;

type Made = readonly [name: string, ...injected: unknown[]];

beforeEach(() => {
  made = [];
  bench = new PluginBench();
});

afterEach(() => bench.hub.close());

@injectable()
class Bus {
  constructor(readonly log: Logger) {
    made.push(['bus', this]);
    log.info('connected');
  }
}

@injectable()
class Store {
  constructor(readonly bus: Bus) {
    made.push(['store', bus]);
  }
}

@stateStream({ name: 'wind', summary: 'Its speed.', value: z.object({ speed: z.number() }) })
class Wind implements StateStream {
  constructor(bus: Bus) {
    made.push(['wind', bus]);
  }

  open(): Observable<{ speed: number }> {
    return NEVER.pipe(startWith({ speed: 3 }));
  }
}

@action({ name: 'turn', summary: 'Turns.', effects: [], input: nothing })
class Turn implements Action<unknown, void> {
  constructor(bus: Bus) {
    made.push(['turn', bus]);
  }

  async run(): Promise<void> {}
}

describe('a service', () => {
  test('is one instance for its plugin, its streams, its actions and those that depend on it', async () => {
    const fan = pluginOf('fan', { services: [Bus, Store], streams: [Wind] });
    const door = pluginOf('door', { dependsOn: ['fan'], actions: [Turn] });
    const host = await bench.start({ fan, door });
    expect(host.stream('wind')?.plugin).toBe('fan');
    await bench.run('turn');
    const bus = made[0]?.[1];
    expect(made).toEqual([
      ['bus', bus],
      ['store', bus],
      ['wind', bus],
      ['turn', bus],
    ]);
    expect(bus).toBeInstanceOf(Bus);
  });

  test('logs under the name of the plugin that brings it, not of the one that injects it', async () => {
    const fan = pluginOf('fan', { services: [Bus] });
    const door = pluginOf('door', { dependsOn: ['fan'], services: [Store] });
    await bench.start({ fan, door });
    expect(bench.log.lines).toMatchObject([{ level: 'info', message: 'connected', fields: { plugin: 'fan' } }]);
  });

  test('is made for each plugin that brings its class, whatever other plugins do', async () => {
    const fan = pluginOf('fan', { services: [Bus, Store] });
    const door = pluginOf('door', { services: [Bus], streams: [Wind] });
    const host = await bench.start({ fan, door });
    expect(host.faults).toEqual([]);
    host.stream('wind');
    const [[, busOfFan], [, storeGot], [, busOfDoor], [, windGot]] = made as [Made, Made, Made, Made];
    expect(storeGot).toBe(busOfFan);
    expect(windGot).toBe(busOfDoor);
    expect(busOfDoor).not.toBe(busOfFan);
  });

  test('may be a stream as well: both are the one instance', async () => {
    const fan = pluginOf('fan', { services: [Bus, Wind], streams: [Wind] });
    const host = await bench.start({ fan });
    expect(host.faults).toEqual([]);
    expect(bench.read('wind')).toEqual({ speed: 3 });
    expect(made.map(([name]) => name)).toEqual(['bus', 'wind']);
  });
});

describe('a service of a plugin that is not in dependsOn is hidden:', () => {
  test('an action that injects it fails, and says which plugin to depend on', async () => {
    const host = await bench.start({
      fan: pluginOf('fan', { services: [Bus] }),
      door: pluginOf('door', { actions: [Turn] }),
    });
    expect(host.faults).toEqual([]);
    await expect(bench.run('turn')).rejects.toMatchObject({
      code: 'PLUGIN_SERVICE_HIDDEN',
      message: 'Turn of door injects Bus of fan, but door does not depend on fan.',
      remedy: "Add dependsOn: ['fan'] to the definition of door.",
    });
  });

  test('a stream that injects it is lost', async () => {
    await bench.start({ fan: pluginOf('fan', { services: [Bus] }), door: pluginOf('door', { streams: [Wind] }) });
    expect(bench.read('wind')).toBe('lost: Wind of door injects Bus of fan, but door does not depend on fan.');
  });

  test('a service that injects it takes its plugin out of service', async () => {
    const host = await bench.start({
      fan: pluginOf('fan', { services: [Bus] }),
      door: pluginOf('door', { services: [Store] }),
    });
    expect(host.faults).toMatchObject([
      {
        plugin: 'door',
        error: { message: expect.stringContaining('Store of door injects Bus of fan, but door does not') },
      },
    ]);
  });

  test('dependencies of a dependency do not count', async () => {
    const fan = pluginOf('fan', { services: [Bus] });
    const middle = pluginOf('middle', { dependsOn: ['fan'], services: [Store] });
    const door = pluginOf('door', { dependsOn: ['middle'], actions: [Turn] });
    await bench.start({ fan, middle, door });
    await expect(bench.run('turn')).rejects.toMatchObject({ code: 'PLUGIN_SERVICE_HIDDEN' });
  });

  test('one that depends on a plugin does not open its own services to it', async () => {
    const fan = pluginOf('fan', { actions: [Turn] });
    const door = pluginOf('door', { dependsOn: ['fan'], services: [Bus] });
    await bench.start({ fan, door });
    await expect(bench.run('turn')).rejects.toMatchObject({ code: 'PLUGIN_SERVICE_HIDDEN' });
  });

  test('so it is when it is asked for by a token', async () => {
    @action({ name: 'ask', summary: 'Asks.', effects: [], input: nothing })
    class Ask implements Action<unknown, void> {
      constructor(@inject(Bus) readonly bus: object) {}
      async run(): Promise<void> {}
    }
    await bench.start({ fan: pluginOf('fan', { services: [Bus] }), door: pluginOf('door', { actions: [Ask] }) });
    await expect(bench.run('ask')).rejects.toThrow(/^Ask of the plugin door cannot be made: .*"Bus"/s);
  });

  test('streams and actions of a plugin are nobody else’s to inject', async () => {
    @injectable()
    class Follower {
      constructor(readonly wind: Wind) {}
    }
    const fan = pluginOf('fan', { services: [Bus], streams: [Wind] });
    const host = await bench.start({ fan, door: pluginOf('door', { dependsOn: ['fan'], services: [Follower] }) });
    expect(host.faults).toMatchObject([{ plugin: 'door', error: { message: expect.stringContaining('"Wind"') } }]);
  });
});

test('a class gets what belongs to the engine by its type', async () => {
  @injectable()
  class Everything {
    constructor(clock: Clock, log: Logger, environment: HostEnvironment, hub: StreamHub) {
      made.push(['everything', clock, log, environment, hub]);
    }
  }
  await bench.start({ fan: pluginOf('fan', { services: [Everything] }) });
  expect(made).toEqual([['everything', bench.clock, expect.any(Logger), expect.any(HostEnvironment), bench.hub]]);
});

test('a stream and an action are made once, when they are first asked for', async () => {
  const host = await bench.start({ fan: pluginOf('fan', { services: [Bus], streams: [Wind], actions: [Turn] }) });
  expect(made.map(([name]) => name)).toEqual(['bus']);
  for (let call = 0; call < 2; call++) {
    host.stream('wind');
    await bench.run('turn');
  }
  expect(made.map(([name]) => name)).toEqual(['bus', 'wind', 'turn']);
});

test('what nobody brings is unknown', async () => {
  const host = await bench.start({ fan: pluginOf('fan') });
  expect(host.stream('wind')).toBeUndefined();
  expect(host.action('turn')).toBeUndefined();
});

describe('a class that cannot be made', () => {
  @action({ name: 'break', summary: 'Breaks.', effects: [], input: z.object({}) })
  class Break implements Action<unknown, void> {
    constructor() {
      throw new Error('no such chip');
    }
    async run(): Promise<void> {}
  }

  @action({ name: 'refuse', summary: 'Refuses.', effects: [], input: z.object({}) })
  class Refuse implements Action<unknown, void> {
    constructor() {
      throw coreError('PLUGIN_OPTION_INVALID', 'The chip has no pin 4.');
    }
    async run(): Promise<void> {}
  }

  test('is named with its plugin, and the others of the plugin work', async () => {
    const host = await bench.start({ fan: pluginOf('fan', { services: [Bus], actions: [Break, Turn] }) });
    await expect(bench.run('break')).rejects.toMatchObject({
      code: 'PLUGIN_FAULT',
      message: 'Break of the plugin fan cannot be made: no such chip',
      cause: expect.objectContaining({ message: 'no such chip' }),
    });
    await expect(bench.run('turn')).resolves.toBeUndefined();
    expect(host.faults).toEqual([]);
  });

  test('keeps an error that has a code', async () => {
    await bench.start({ fan: pluginOf('fan', { actions: [Refuse] }) });
    await expect(bench.run('refuse')).rejects.toMatchObject({
      code: 'PLUGIN_OPTION_INVALID',
      message: 'The chip has no pin 4.',
    });
  });
});

describe('a stream is injected by its class', () => {
  const gusts = new Subject<string>();

  @eventStream({
    name: 'gust',
    summary: 'A gust.',
    parameters: z.object({ least: z.number().default(2) }),
    match: z.object({ from: z.string().optional() }),
    value: z.object({ from: z.string(), speed: z.number() }),
  })
  class Gusts implements EventStream<{ least: number }> {
    open({ least }: { least: number }): Observable<{ from: string; speed: number }> {
      return gusts.pipe(map((from) => ({ from, speed: least })));
    }
  }

  @stateStream({
    name: 'pressure',
    summary: 'Of a place.',
    parameters: z.object({ at: z.string() }),
    value: z.object({ at: z.string() }),
  })
  class Pressure implements StateStream {
    open({ at }: { at: string }): Observable<{ at: string }> {
      return NEVER.pipe(startWith({ at }));
    }
  }

  const weather = pluginOf('weather', { services: [Bus], streams: [Wind, Gusts, Pressure] });

  test('a state as its source, with no dependsOn', async () => {
    @injectable()
    class Follower {
      constructor(@inject(streamOf(Wind)) readonly wind: StreamOf<Wind>) {}
      start(): void {
        this.wind.state().changes.subscribe(({ value }) => made.push(['follower', value]));
      }
    }
    await bench.start({ weather, fan: pluginOf('fan', { services: [Follower] }) });
    expect(made.filter(([name]) => name === 'follower')).toContainEqual(['follower', { speed: 3 }]);
  });

  test('events, all or those with these values, with the defaults of its parameters or with others', async () => {
    @injectable()
    class Follower {
      constructor(@inject(streamOf(Gusts)) readonly gusts: StreamOf<Gusts>) {}
      start(): void {
        this.gusts.events().subscribe((event) => made.push(['any', event]));
        this.gusts.events({}, { from: 'east' }).subscribe((event) => made.push(['east', event]));
        this.gusts.events({ least: 9 }, { from: 'east' }).subscribe((event) => made.push(['strong', event]));
      }
    }
    const host = await bench.start({ weather, fan: pluginOf('fan', { services: [Follower] }) });
    expect(host.faults).toEqual([]);
    for (const from of ['west', 'east']) gusts.next(from);
    await bench.clock.settle();
    const heard = (follower: string): unknown[] => made.filter(([name]) => name === follower).map(([, event]) => event);
    expect(heard('any')).toEqual([
      { from: 'west', speed: 2 },
      { from: 'east', speed: 2 },
    ]);
    expect(heard('east')).toEqual([{ from: 'east', speed: 2 }]);
    expect(heard('strong')).toEqual([{ from: 'east', speed: 9 }]);
  });

  test('and is closed when the last one that follows its events has left', async () => {
    await bench.start({ weather });
    const source = bench.container.get<StreamOf<Gusts>>(streamOf(Gusts));
    const subscriptions = [source.events().subscribe(), source.events().subscribe()];
    subscriptions[0]?.unsubscribe();
    expect(bench.hub.status()).toHaveLength(1);
    subscriptions[1]?.unsubscribe();
    expect(bench.hub.status()).toEqual([]);
  });

  test('one that cannot do without parameters is asked for with them', async () => {
    await bench.start({ weather });
    const source = bench.container.get<StreamOf<Pressure>>(streamOf(Pressure));
    const places: (string | undefined)[] = [];
    source
      .state({ at: 'harbour' })
      .changes.subscribe(({ value }) => places.push(value?.at))
      .unsubscribe();
    expect(places).toContain('harbour');
    expect(() => source.state()).toThrow(
      expect.objectContaining({
        code: 'STREAM_PARAMETERS_INVALID',
        message: expect.stringMatching(/^pressure .*at: /),
      }),
    );
  });

  test('one of a plugin that is not in use is a fault of the plugin that asks for it', async () => {
    @injectable()
    class Follower {
      constructor(@inject(streamOf(Pressure)) readonly pressure: StreamOf<Pressure>) {}
    }
    const host = await bench.start({ fan: pluginOf('fan', { services: [Follower] }) });
    expect(host.faults).toMatchObject([{ plugin: 'fan', error: { message: expect.stringContaining('pressure') } }]);
  });
});
