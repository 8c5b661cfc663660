import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, Lost, VirtualClock } from '@devicerc/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BehaviorSubject, NEVER, of } from 'rxjs';
import { Variant, type Message } from 'dbus-next';
import { Seen, testClient, type TestClient } from '../bus/bus-client.fixture.js';
import type { BusClient } from '../bus/bus-client.js';
import { theBus } from '../bus/message.js';
import { PrivateBus } from '../bus/private-bus.fixture.js';
import { TestPeer, type Answer } from '../bus/test-peer.fixture.js';
import { FakeSystemd } from '../systemd/fake-systemd.fixture.js';
import { DbusName } from './dbus-name.js';
import { DbusProperties } from './dbus-properties.js';
import { DbusSignal } from './dbus-signal.js';
import { SystemdUnit } from './systemd-unit.js';

const name = 'org.example.Sensor';
const properties = 'org.freedesktop.DBus.Properties';

let daemon: PrivateBus;
let client: TestClient;

beforeEach(async () => {
  daemon = await PrivateBus.start();
  client = testClient(daemon.address);
});
afterEach(async () => {
  client.dispose();
  await daemon.dispose();
});

async function settled(): Promise<void> {
  await client.bus.call({ ...theBus, member: 'GetId' });
}

function reasonOf(value: unknown): string | undefined {
  return value instanceof Lost ? value.reason : undefined;
}

describe('dbus.signal', () => {
  test('tells sender, place, arguments and the first argument where it is a text', async () => {
    const peer = await TestPeer.join(daemon.socket, name);
    const seen = new Seen(new DbusSignal(client.bus).open({ sender: name }, of([{ member: 'Tick' }])));
    await settled();
    peer.emit('/s', name, 'Tick', 'sa{sv}', ['a', { level: new Variant('u', 3) }]);
    await seen.until(() => true);
    const place = { sender: peer.uniqueName, path: '/s', interface: name, member: 'Tick' };
    expect(seen.last).toEqual({ ...place, signature: 'sa{sv}', args: ['a', { level: 3 }], arg0: 'a' });
    seen.stop();
    peer.leave();
  });

  test.each<[string, object, object[], string[]]>([
    ['the patterns alone', {}, [{ member: 'A' }, { path: '/x/y', member: 'B' }], ['A', 'B']],
    ['the first argument', {}, [{ arg0: 'b' }], ['B']],
    ['everything, when one pattern wants everything', {}, [{}, { member: 'A' }], ['A', 'B', 'C']],
    ['a namespace of paths', { 'path-namespace': '/x' }, [{}], ['A', 'B']],
    ['a path within the namespace', { 'path-namespace': '/x' }, [{ path: '/x/y' }], ['B']],
    ['nothing, for a path outside of the namespace', { 'path-namespace': '/x' }, [{ path: '/z' }], []],
    ['a further argument', { args: { 1: 'second' } }, [{}], ['C']],
    ['nothing, as long as nobody asks', {}, [], []],
  ])('subscribes at the bus to %s', async (_what, parameters, patterns, members) => {
    const peer = await TestPeer.join(daemon.socket, name);
    const seen = new Seen(new DbusSignal(client.bus).open({ sender: name, ...parameters }, of(patterns)));
    const end = new Seen(client.bus.signals({ sender: name, member: 'End' }));
    await settled();
    peer.emit('/x', name, 'A', 's', ['a']);
    peer.emit('/x/y', name, 'B', 's', ['b']);
    peer.emit('/z', name, 'C', 'ss', ['c', 'second']);
    peer.emit('/end', name, 'End');
    await end.until(() => true);
    expect(seen.values.map(({ member }) => member).filter((member) => member !== 'End')).toEqual(members);
    seen.stop();
    end.stop();
    peer.leave();
  });

  test('has caught up when all is handed on that had reached the bus before', async () => {
    const peer = await TestPeer.join(daemon.socket, name);
    const stream = new DbusSignal(client.bus);
    const seen = new Seen(stream.open({ sender: name }, of([{ member: 'Tick' }])));
    await settled();
    for (let tick = 0; tick < 1_000; tick++) peer.emit('/s', name, 'Tick', 'u', [tick]);
    await peer.settled();
    await stream.catchUp();
    expect(seen.values).toHaveLength(1_000);
    seen.stop();
    peer.leave();
  });

  test('10,000 patterns are one rule at the bus, which allows 512', async () => {
    const patterns = new BehaviorSubject(Array.from({ length: 10_000 }, (_, index) => ({ member: `M${index}` })));
    const seen = new Seen(new DbusSignal(client.bus).open({ sender: name }, patterns));
    await settled();
    expect(client.bus.matchRules).toBe(1);
    patterns.next([{ member: 'One' }, { member: 'Two' }]);
    expect(client.bus.matchRules).toBe(2);
    seen.stop();
    expect(client.bus.matchRules).toBe(0);
  });
});

describe('dbus.properties', () => {
  let values: Record<string, Variant>;
  let asked: string[];
  const service = (call: Message): Answer | undefined => {
    asked.push(call.member);
    if (call.member === 'GetAll') return { signature: 'a{sv}', body: [values] };
    const value = values[String(call.body[1])];
    return value ? { signature: 'v', body: [value] } : { error: 'org.freedesktop.DBus.Error.UnknownProperty' };
  };
  const parameters = { destination: name, path: '/s', properties: { Level: 'u', Mode: 's' } };
  const open = (more: object = {}) => new DbusProperties(client.bus, client.clock).open({ ...parameters, ...more });

  beforeEach(() => {
    asked = [];
    values = { Level: new Variant('u', 1), Mode: new Variant('s', 'idle'), Other: new Variant('b', true) };
  });

  function changed(peer: TestPeer, news: Record<string, Variant>, invalidated: string[] = []): void {
    peer.emit('/s', properties, 'PropertiesChanged', 'sa{sv}as', [name, news, invalidated]);
  }

  test('are read first, then follow PropertiesChanged without another call', async () => {
    const peer = await TestPeer.join(daemon.socket, name, service);
    const seen = new Seen(open());
    await seen.until((value) => !(value instanceof Lost));
    expect(seen.last).toEqual({ Level: 1, Mode: 'idle' });
    changed(peer, { Level: new Variant('u', 2), Other: new Variant('b', false) });
    await seen.until((value) => !(value instanceof Lost) && value['Level'] === 2);
    expect(seen.last).toEqual({ Level: 2, Mode: 'idle' });
    expect(asked).toEqual(['GetAll']);
    seen.stop();
    peer.leave();
  });

  test('are read again when a signal only says that they changed', async () => {
    const peer = await TestPeer.join(daemon.socket, name, service);
    const seen = new Seen(open());
    await seen.until((value) => !(value instanceof Lost));
    values = { ...values, Mode: new Variant('s', 'busy') };
    changed(peer, {}, ['Mode']);
    await seen.until((value) => !(value instanceof Lost) && value['Mode'] === 'busy');
    seen.stop();
    peer.leave();
  });

  test('are read one by one from a service that cannot tell all of them', async () => {
    const peer = await TestPeer.join(daemon.socket, name, (call) =>
      call.member === 'GetAll'
        ? { error: 'org.freedesktop.DBus.Error.Failed', body: ['No route to host'] }
        : service(call),
    );
    const seen = new Seen(open());
    await seen.until((value) => !(value instanceof Lost));
    expect(seen.last).toEqual({ Level: 1, Mode: 'idle' });
    seen.stop();
    peer.leave();
  });

  test('are polled where the file says so', async () => {
    const peer = await TestPeer.join(daemon.socket, name, service);
    const clock = new VirtualClock();
    const stream = new DbusProperties(client.bus, clock);
    const seen = new Seen(stream.open({ ...parameters, poll: Duration.parse('30s') }));
    await seen.until((value) => !(value instanceof Lost));
    values = { ...values, Level: new Variant('u', 5) };
    await settled();
    await clock.advance(Duration.parse('29s'));
    await settled();
    expect(seen.last).toEqual({ Level: 1, Mode: 'idle' });
    await clock.advance(Duration.parse('1s'));
    await seen.until((value) => !(value instanceof Lost) && value['Level'] === 5);
    seen.stop();
    expect(clock.pendingTimers).toHaveLength(0);
    peer.leave();
  });

  test('are lost when their service leaves, and read again when it is back', async () => {
    const first = await TestPeer.join(daemon.socket, name, service);
    const seen = new Seen(open());
    await seen.until((value) => !(value instanceof Lost));
    first.leave();
    await seen.until((value) => /org\.example\.Sensor left the bus/.test(reasonOf(value) ?? ''));
    values = { ...values, Level: new Variant('u', 9) };
    const second = await TestPeer.join(daemon.socket, name, service);
    await seen.until((value) => !(value instanceof Lost) && value['Level'] === 9);
    seen.stop();
    second.leave();
  });

  test('of a service that is not there are lost with its name, until it comes', async () => {
    const seen = new Seen(open());
    await seen.until((value) => /ServiceUnknown/.test(reasonOf(value) ?? ''));
    const peer = await TestPeer.join(daemon.socket, name, service);
    await seen.until((value) => !(value instanceof Lost));
    seen.stop();
    peer.leave();
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['a type that the service does not give', { Level: 's' }, /Level = 1, which is not of the type/],
    ['a property that does not exist', { Missing: 's' }, /has no property Missing/],
  ])('with %s are lost with a reason', async (_what, wrong, reason) => {
    const peer = await TestPeer.join(daemon.socket, name, service);
    const seen = new Seen(open({ properties: wrong }));
    await seen.until((value) => reason.test(reasonOf(value) ?? ''));
    seen.stop();
    peer.leave();
  });

  test('of a service that failed once are read again half a minute later', async () => {
    let isIll = true;
    const peer = await TestPeer.join(daemon.socket, name, (call) =>
      isIll ? { error: 'org.example.Ill', body: ['not now'] } : service(call),
    );
    const clock = new VirtualClock();
    const seen = new Seen(new DbusProperties(client.bus, clock).open(parameters));
    await seen.until((value) => /not now/.test(reasonOf(value) ?? ''));
    isIll = false;
    await settled();
    await clock.advance(Duration.parse('30s'));
    await seen.until((value) => !(value instanceof Lost));
    seen.stop();
    expect(clock.pendingTimers).toEqual([]);
    peer.leave();
  });

  test('are read again when the signal of a change is malformed', async () => {
    const peer = await TestPeer.join(daemon.socket, name, service);
    const seen = new Seen(open());
    await seen.until((value) => !(value instanceof Lost));
    values = { ...values, Level: new Variant('u', 7) };
    peer.emit('/s', properties, 'PropertiesChanged', 's', [name]);
    await seen.until((value) => !(value instanceof Lost) && value['Level'] === 7);
    seen.stop();
    peer.leave();
  });

  test('of a service that starts on demand, and did not at first, are read again half a minute later', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'devicerc-services-'));
    const program = join(folder, 'start');
    await writeFile(program, '#!/bin/sh\nexit 1\n');
    await chmod(program, 0o755);
    await mkdir(join(folder, 'services'));
    const unit = `[D-BUS Service]\nName=${name}\nExec=${program}\nUser=root\n`;
    await writeFile(join(folder, 'services', `${name}.service`), unit);
    const starting = await PrivateBus.start(`<servicedir>${join(folder, 'services')}</servicedir>`);
    const alone = testClient(starting.address);
    const clock = new VirtualClock();
    const seen = new Seen(new DbusProperties(alone.bus, clock).open(parameters));
    await seen.until((value) => /ChildExited/.test(reasonOf(value) ?? ''));
    while (clock.pendingTimers.length === 0) await alone.bus.call({ ...theBus, member: 'GetId' });
    expect(clock.pendingTimers).toEqual([`polling ${name}`]);
    seen.stop();
    expect(clock.pendingTimers).toEqual([]);
    alone.dispose();
    await starting.dispose();
    await rm(folder, { recursive: true });
  });

  test('without any bus are lost with the label and the variable that give it', async () => {
    const alone = testClient();
    const seen = new Seen(new DbusName(alone.bus).open({ name }));
    await seen.until((value) => /DBUS_SYSTEM_BUS_ADDRESS/.test(reasonOf(value) ?? ''));
    expect(alone.log.fields[0]).toMatchObject({ event: 'dbus-lost', code: 'DBUS_ABSENT' });
    seen.stop();
    alone.dispose();
  });
});

describe('dbus.name', () => {
  test('tells whether a name is owned, and by whom', async () => {
    const seen = new Seen(new DbusName(client.bus).open({ name }));
    await seen.until(() => true);
    expect(seen.last).toEqual({ owned: false, owner: '' });
    const peer = await TestPeer.join(daemon.socket, name);
    await seen.until((value) => !(value instanceof Lost) && value.owned);
    expect(seen.last).toEqual({ owned: true, owner: peer.uniqueName });
    peer.leave();
    await seen.until((value) => !(value instanceof Lost) && !value.owned);
    seen.stop();
  });

  test('is lost while the bus is away', async () => {
    const seen = new Seen(new DbusName(client.bus).open({ name: theBus.destination }));
    await seen.until((value) => !(value instanceof Lost) && value.owned);
    await daemon.kill();
    await seen.until((value) => value instanceof Lost);
    await daemon.run();
    await seen.until((value) => !(value instanceof Lost) && value.owned);
    seen.stop();
  });
});

describe('systemd.unit', () => {
  const open = (unit = 'demo.service') => new SystemdUnit(client.bus, client.clock).open({ unit });

  test('tells the state of a unit and sees it fail', async () => {
    const systemd = await FakeSystemd.join(daemon.socket);
    const seen = new Seen(open());
    await seen.until((value) => !(value instanceof Lost));
    const healthy = { load: 'loaded', active: 'active', sub: 'running', unitFileState: 'enabled' };
    expect(seen.last).toEqual({ ...healthy, result: 'success', restarts: 0 });
    systemd.change('Service', { Result: 'exit-code', NRestarts: 2 });
    systemd.change('Unit', { ActiveState: 'failed', SubState: 'failed' });
    await seen.until((value) => !(value instanceof Lost) && value.active === 'failed');
    expect(seen.last).toMatchObject({ result: 'exit-code', sub: 'failed', restarts: 2 });
    seen.stop();
    systemd.leave();
  });

  test('subscribes anew, and reads again, after systemd or the bus started anew', async () => {
    const before = await FakeSystemd.join(daemon.socket);
    const seen = new Seen(open());
    await seen.until((value) => !(value instanceof Lost));
    before.leave();
    await seen.until((value) => /systemd is not on the bus|left the bus/.test(reasonOf(value) ?? ''));
    const after = await FakeSystemd.join(daemon.socket);
    await seen.until((value) => !(value instanceof Lost));
    expect(after.subscribers.size).toBe(1);
    await daemon.kill();
    await seen.until((value) => value instanceof Lost);
    await daemon.run();
    const last = await FakeSystemd.join(daemon.socket);
    await seen.until((value) => !(value instanceof Lost));
    last.change('Unit', { SubState: 'exited' });
    await seen.until((value) => !(value instanceof Lost) && value.sub === 'exited');
    seen.stop();
    last.leave();
  });

  test('reads again after systemd reloaded its files', async () => {
    const systemd = await FakeSystemd.join(daemon.socket);
    const seen = new Seen(open());
    await seen.until((value) => !(value instanceof Lost));
    systemd.properties = { ...systemd.properties, LoadState: 'not-found', ActiveState: 'inactive', SubState: 'dead' };
    systemd.reloaded();
    await seen.until((value) => !(value instanceof Lost) && value.load === 'not-found');
    seen.stop();
    systemd.leave();
  });

  test('goes on asking a systemd that refuses, a day and a half long', async () => {
    let asked = 0;
    const refusing = {
      availability: of({ available: true }),
      signals: () => NEVER,
      nameOwner: () => of(':1.1'),
      call: () => Promise.reject(new Error(`refused ${++asked}`)),
    };
    const clock = new VirtualClock();
    const seen = new Seen(new SystemdUnit(refusing as unknown as BusClient, clock).open({ unit: 'demo.service' }));
    const rounds = 4_000;
    for (let round = 0; round < rounds; round++) {
      await clock.settle();
      await clock.advance(Duration.parse('30s'));
    }
    await clock.settle();
    expect([asked, reasonOf(seen.last)]).toEqual([rounds + 1, `refused ${rounds + 1}`]);
    seen.stop();
  });

  test('of a type without a result has an empty one', async () => {
    const systemd = await FakeSystemd.join(daemon.socket);
    const seen = new Seen(open('network.target'));
    await seen.until((value) => !(value instanceof Lost));
    expect(seen.last).toMatchObject({ result: '', restarts: 0 });
    seen.stop();
    systemd.leave();
  });
});
