import type { NetConnectOpts } from 'node:net';
import { Duration, RealClock } from '@devicerc/core';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BusConnection, type Reply } from './bus-connection.js';
import { FakeBus, type FakePeer } from './fake-bus.fixture.js';
import { loadWire } from './wire.js';

const ping = { destination: 'org.example.Service', path: '/', interface: 'org.example.Fake', member: 'Ping' };
const patience = Duration.parse('20s');

let clock: RealClock;
let bus: FakeBus | undefined;
beforeEach(() => {
  clock = new RealClock();
});
afterEach(async () => {
  await bus?.dispose();
  bus = undefined;
  clock.dispose();
});

async function open(target: NetConnectOpts): Promise<BusConnection> {
  const owner = { signal: () => undefined, unreadable: () => undefined };
  return BusConnection.open(target, await loadWire(), clock, owner, patience);
}

async function openTo(script: (peer: FakePeer) => Promise<void> | void): Promise<BusConnection> {
  bus = await FakeBus.start(script);
  return open({ path: bus.address.replace('unix:path=', '') });
}

test('an address that nobody listens at gives no connection', async () => {
  const message = expect.stringContaining('ENOENT');
  await expect(open({ path: '/nonexistent/socket' })).rejects.toMatchObject({ code: 'DBUS_CONNECT_FAILED', message });
});

test.each<[string, string]>([
  ['a bus that refuses the user', 'REJECTED EXTERNAL\r\n'],
  ['what does not speak D-Bus', 'x'.repeat(20_000)],
])('%s gives no connection', async (_what, answer) => {
  const opening = openTo((peer) => void peer.socket.write(answer));
  await expect(opening).rejects.toMatchObject({ code: 'DBUS_AUTHENTICATION_REFUSED' });
});

test('a peer that never answers gets 10,000 calls and no more, until the connection ends', async () => {
  const connection = await openTo((peer) => peer.welcome());
  const replies: Reply[] = [];
  const call = (): unknown => connection.request(ping, patience, (reply) => replies.push(reply));
  for (let calls = 0; calls < 10_000; calls++) call();
  expect(replies).toEqual([]);
  call();
  expect(replies).toMatchObject([{ error: { code: 'DBUS_OVERLOADED' } }]);
  connection.close('the test is over');
  expect(replies).toHaveLength(10_001);
  expect(replies.at(-1)).toMatchObject({ error: { code: 'DBUS_DISCONNECTED' } });
});
