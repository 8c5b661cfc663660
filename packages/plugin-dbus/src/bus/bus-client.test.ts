import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BehaviorSubject } from 'rxjs';
import { Seen, testClient, type TestClient } from './bus-client.fixture.js';
import type { MatchRule } from './match-rule.js';
import { theBus, type Signal } from './message.js';
import { PrivateBus } from './private-bus.fixture.js';
import { TestPeer } from './test-peer.fixture.js';

const name = 'org.example.Service';
const call = { destination: name, path: '/org/example', interface: 'org.example.Fake', member: 'Echo' };

describe('the bus client on a real dbus-daemon', () => {
  let daemon: PrivateBus;
  let client: TestClient;
  const peers: TestPeer[] = [];

  beforeAll(async () => {
    daemon = await PrivateBus.start('<limit name="max_match_rules_per_connection">20</limit>');
  });
  afterAll(() => daemon.dispose());
  beforeEach(() => {
    client = testClient(daemon.address);
  });
  afterEach(() => {
    client.dispose();
    for (const peer of peers.splice(0)) peer.leave();
  });

  async function join(...options: [string, Parameters<typeof TestPeer.join>[2]?]): Promise<TestPeer> {
    const peer = await TestPeer.join(daemon.socket, ...options);
    peers.push(peer);
    return peer;
  }

  /** Answered only after everything that was sent before it took effect. */
  async function settled(): Promise<void> {
    await client.bus.call({ ...theBus, member: 'GetId' });
  }

  test('a call sends its arguments by signature and gives back plain values', async () => {
    await join(name, ({ signature, body }) => ({ signature, body }));
    const signature = 'bynqiuxtdsogasa{sv}(si)vay';
    const args = [
      ...[true, 255, -1, 65_535, -5, 7, -(2 ** 40), 2 ** 53 - 1, 0.5, 'text', '/path', 'a{sv}'],
      ['a', 'b'],
      { n: 1, list: ['x'], deep: { yes: true } },
      ['s', 4],
      { signature: 'u', value: 9 },
      [1, 2],
    ];
    const expected = args.with(15, 9);
    await expect(client.bus.call({ ...call, signature, args })).resolves.toEqual(expected);
  });

  test.each([
    [
      'org.freedesktop.DBus.Error.ServiceUnknown',
      'DBUS_SERVICE_UNKNOWN',
      { ...call, destination: 'org.example.Nobody' },
    ],
    ['org.freedesktop.DBus.Error.AccessDenied', 'DBUS_ACCESS_DENIED', { ...call, interface: 'org.example.Forbidden' }],
    ['org.freedesktop.DBus.Error.UnknownMethod', 'DBUS_MEMBER_UNKNOWN', { ...theBus, member: 'NoSuchMethod' }],
  ])('the error %s is told as %s', async (errorName, code, failing) => {
    await join(name);
    await expect(client.bus.call(failing)).rejects.toMatchObject({ code, message: expect.stringContaining(errorName) });
  });

  test('any other error of a service is reported as DBUS_CALL_FAILED, with its name and text', async () => {
    await join(name, () => ({ error: 'org.example.Sensor.Ill', body: ['not now'] }));
    const message = expect.stringMatching(/org\.example\.Sensor\.Ill: not now$/);
    await expect(client.bus.call(call)).rejects.toMatchObject({ code: 'DBUS_CALL_FAILED', message });
  });

  test('a service that leaves before it answers is told apart from a lost bus', async () => {
    const peer = await join(name, () => undefined);
    const waiting = client.bus.call(call);
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'DBUS_PEER_GONE' });
    while (peer.calls.length === 0) await settled();
    peer.leave();
    await outcome;
  });

  test('a rule with a well-known sender follows the name from owner to owner', async () => {
    const first = await join(name);
    const seen = new Seen(client.bus.signals({ sender: name, member: 'Tick' }));
    await settled();
    first.emit('/a', 'org.example.Fake', 'Tick', 's', ['first']);
    await seen.until(({ args }) => args[0] === 'first');
    await first.disown();
    const second = await join(name);
    first.emit('/a', 'org.example.Fake', 'Tick', 's', ['first again']);
    second.emit('/a', 'org.example.Fake', 'Tick', 's', ['second']);
    await seen.until(({ args }) => args[0] === 'second');
    expect(seen.values.map(({ args }) => args[0])).toEqual(['first', 'second']);
    seen.stop();
  });

  test.each<[string, MatchRule, string[]]>([
    ['path', { path: '/org/a' }, ['1']],
    ['path namespace', { pathNamespace: '/org/a' }, ['1', '2']],
    ['interface', { interface: 'org.example.Other' }, ['4']],
    ['member', { member: 'Tock' }, ['3']],
    ['first argument', { args: { 0: '2' } }, ['2']],
    ['second argument, with an apostrophe', { args: { 1: "it's" } }, ['4']],
  ])('a rule on %s gets the signals it asks for, and no others', async (_what, rule, expected) => {
    const peer = await join(name);
    const seen = new Seen(client.bus.signals({ sender: name, ...rule }));
    const everything = new Seen(client.bus.signals({ sender: name }));
    await settled();
    peer.emit('/org/a', 'org.example.Fake', 'Tick', 's', ['1']);
    peer.emit('/org/a/b', 'org.example.Fake', 'Tick', 's', ['2']);
    peer.emit('/org/ab', 'org.example.Fake', 'Tock', 's', ['3']);
    peer.emit('/org/c', 'org.example.Other', 'Tick', 'ss', ['4', "it's"]);
    await everything.until(({ args }) => args[0] === '4');
    expect(seen.values.map(({ args }) => args[0])).toEqual(expected);
    seen.stop();
    everything.stop();
  });

  test('a listener with several rules that match gets a signal once', async () => {
    const peer = await join(name);
    const seen = new Seen(client.bus.signals({ member: 'Tick' }, { path: '/a' }, { interface: 'org.example.Fake' }));
    await settled();
    peer.emit('/a', 'org.example.Fake', 'Tick', 's', ['one']);
    peer.emit('/a', 'org.example.Fake', 'Tick', 's', ['two']);
    await seen.until(({ args }) => args[0] === 'two');
    expect(seen.values).toHaveLength(2);
    seen.stop();
  });

  test('700 subscriptions that come and go leave no match rule behind, at a bus that allows 20', async () => {
    for (let round = 0; round < 700; round++) {
      const seen = new Seen(client.bus.signals({ sender: name, member: `Tick${round}` }));
      seen.stop();
    }
    expect(client.bus.matchRules).toBe(0);
    const rules = Array.from({ length: 15 }, (_, index) => ({ member: `Last${index}` }));
    const seen = new Seen(client.bus.signals(...rules));
    await settled();
    expect(seen.error).toBeUndefined();
    seen.stop();
  });

  test('equal rules of several listeners are one rule at the bus', async () => {
    const listeners = Array.from({ length: 50 }, () => new Seen(client.bus.signals({ member: 'Tick' })));
    await settled();
    expect(client.bus.matchRules).toBe(1);
    expect(listeners.every(({ error }) => error === undefined)).toBe(true);
    for (const seen of listeners) seen.stop();
    expect(client.bus.matchRules).toBe(0);
  });

  test('a rule that the bus refuses is told to its listener', async () => {
    const rules = Array.from({ length: 25 }, (_, index) => ({ member: `Tick${index}` }));
    const seen = new Seen<Signal>(client.bus.signals(...rules));
    expect(await seen.failure()).toMatchObject({ code: 'DBUS_MATCH_REFUSED' });
  });

  test('a name whose changes the bus will not tell is an error, not a name that nobody owns', async () => {
    const rules = Array.from({ length: 20 }, (_, index) => ({ member: `Tick${index}` }));
    const all = new Seen<Signal>(client.bus.signals(...rules));
    await settled();
    const seen = new Seen(client.bus.nameOwner(name));
    expect(await seen.failure()).toMatchObject({ code: 'DBUS_MATCH_REFUSED' });
    all.stop();
  });

  test('rules may change while somebody listens, without a gap for those that stay', async () => {
    const peer = await join(name);
    const rules = new BehaviorSubject<readonly MatchRule[]>([{ member: 'Tick' }]);
    const seen = new Seen(client.bus.signalsOf(rules));
    await settled();
    rules.next([{ member: 'Tick' }, { member: 'Tock' }]);
    await settled();
    peer.emit('/a', 'org.example.Fake', 'Tock', 's', ['tock']);
    await seen.until(({ args }) => args[0] === 'tock');
    rules.next([{ member: 'Tick' }]);
    await settled();
    expect(client.bus.matchRules).toBe(1);
    peer.emit('/a', 'org.example.Fake', 'Tock', 's', ['not heard']);
    peer.emit('/a', 'org.example.Fake', 'Tick', 's', ['tick']);
    await seen.until(({ args }) => args[0] === 'tick');
    expect(seen.values.map(({ args }) => args[0])).toEqual(['tock', 'tick']);
    seen.stop();
  });

  test('the owner of a name is known at once, and each change of it', async () => {
    const seen = new Seen(client.bus.nameOwner(name));
    await seen.until((owner) => owner === undefined);
    const peer = await join(name);
    await seen.until((owner) => owner === peer.uniqueName);
    peer.leave();
    await seen.until((owner) => owner === undefined);
    seen.stop();
  });
});
