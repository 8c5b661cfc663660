import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { injectable } from 'inversify';
import { Duration } from '../clock/duration.js';
import { ContainerFacts } from '../host/container-facts.js';
import { PluginStore } from '../ledger/plugin-store.js';
import { HttpClient } from '../network/http-client.js';
import { NetworkReach } from '../network/network-reach.js';
import { definePlugin, type PluginDefinition } from '../plugins/plugin.js';
import { Programs } from '../programs/programs.js';
import { z } from '../schemas/schema.js';
import { Poller } from '../streams/poller.js';
import { EngineBench } from './engine.fixture.js';

const rules = '  idle: { on: [{ start: {} }], then: [{ do: log, with: { message: hi } }] }\n';

/** What the service of each plugin was given, by the name of the plugin. */
let given: Record<string, Ports>;
let bench: EngineBench;
beforeEach(async () => {
  given = {};
  bench = new EngineBench([portsPlugin('radio'), portsPlugin('meter')]);
  await bench.start(rules);
});
afterEach(() => bench.end());

abstract class Ports {
  constructor(
    readonly http: HttpClient,
    readonly store: PluginStore,
    readonly programs: Programs,
    readonly poller: Poller,
    readonly container: ContainerFacts,
    readonly network: NetworkReach,
  ) {}
}

function portsPlugin(name: string): PluginDefinition {
  @injectable()
  class Service extends Ports {
    constructor(
      http: HttpClient,
      store: PluginStore,
      programs: Programs,
      poller: Poller,
      container: ContainerFacts,
      network: NetworkReach,
    ) {
      super(http, store, programs, poller, container, network);
      given[name] = this;
    }

    start(): void {}
  }
  return definePlugin({ name, api: '^1.0.0', services: [Service] });
}

test('asks a server', async () => {
  const server = createServer((_request, response) => response.end('OK')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = await given['radio']!.http.request({ url: `http://127.0.0.1:${port}/ping` });
  server.close();
  expect(answer).toMatchObject({ status: 200, text: 'OK' });
});

test('runs a program', async () => {
  expect(await given['radio']!.programs.output({ command: ['echo', 'hi'] })).toBe('hi\n');
});

test('polls on the clock of the engine', async () => {
  let readings = 0;
  const { poller } = given['meter']!;
  const subscription = poller.poll({ name: 'meter', every: Duration.parse('10s'), read: () => ++readings }).subscribe();
  await bench.advance('35s');
  subscription.unsubscribe();
  expect(readings).toBe(4);
});

test('sees its container and how far the network goes', () => {
  const { container, network } = given['radio']!;
  expect(container.variable('DEVICERC_NO_SUCH_VARIABLE')).toBeUndefined();
  expect(['away', 'local', 'everywhere']).toContain(network.now());
});

test('remembers over a restart of the engine, apart from other plugins and from the core', async () => {
  const options = { row: z.object({ count: z.number() }), rows: 10 };
  given['radio']!.store.table('schedules', options).write('key', { count: 1 });
  given['meter']!.store.table('schedules', options).write('key', { count: 2 });
  expect(bench.ledger.entries('schedules').size).toBe(0);
  await bench.stop();
  given = {};
  await bench.load();
  await bench.engine.start();
  const counts = ['radio', 'meter'].map((name) => given[name]!.store.table('schedules', options).read('key'));
  expect(counts).toEqual([{ count: 1 }, { count: 2 }]);
});
