import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Lost } from '@devicerc/core';
import { Variant } from 'dbus-next';
import { DbusProperties } from '../streams/dbus-properties.js';
import { Seen, testClient, type TestClient } from './bus-client.fixture.js';
import { theBus } from './message.js';
import { PrivateBus } from './private-bus.fixture.js';
import { TestPeer } from './test-peer.fixture.js';

const name = 'org.example.Sensor';
const ping = { ...theBus, member: 'GetId' };

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

describe('a daemon that dies', () => {
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

  async function joinSensor(level: number): Promise<TestPeer> {
    return TestPeer.join(daemon.socket, name, ({ member }) =>
      member === 'GetAll' ? { signature: 'a{sv}', body: [{ Level: new Variant('i', level) }] } : undefined,
    );
  }

  test('and comes back, 20 times: state is lost, then read again; signals go on; no call hangs; nothing leaks', async () => {
    const sensor = new DbusProperties(client.bus, client.clock);
    const state = new Seen(sensor.open({ destination: name, path: '/s', properties: { Level: 'i' } }));
    const ticks = new Seen(client.bus.signals({ sender: name, member: 'Tick' }));
    const filesAfter: number[] = [];
    const resourcesAfter: number[] = [];
    for (let round = 0; round < 20; round++) {
      const peer = await joinSensor(round);
      await state.until((value) => !(value instanceof Lost) && value['Level'] === round);
      await client.bus.call(ping);
      peer.emit('/s', name, 'Tick', 'i', [round]);
      await ticks.until(({ args }) => args[0] === round);
      filesAfter.push(openFiles());
      resourcesAfter.push(process.getActiveResourcesInfo().length);
      const hanging = client.bus.call({ destination: name, path: '/s', interface: name, member: 'Mute' });
      const outcome = expect(hanging).rejects.toMatchObject({ code: expect.stringMatching(/DISCONNECTED|PEER_GONE/) });
      await daemon.kill();
      await outcome;
      const lost = await state.until((value) => value instanceof Lost);
      expect((lost as Lost).reason).toMatch(/the connection was lost|left the bus|No connection to the system bus/);
      peer.leave();
      await daemon.run();
    }
    expect(Math.min(...filesAfter.slice(-5))).toBeLessThanOrEqual(Math.max(...filesAfter.slice(0, 5)));
    expect(Math.min(...resourcesAfter.slice(-5))).toBeLessThanOrEqual(Math.max(...resourcesAfter.slice(0, 5)));
    const restored = client.log.lines.filter((line) => line.includes('Signals sent in between were missed'));
    expect(restored).toHaveLength(19);
    state.stop();
    ticks.stop();
  }, 30_000);

  test('is not looked for any more once nobody listens', async () => {
    const seen = new Seen(client.bus.availability);
    await seen.until(({ available }) => available);
    seen.stop();
    await daemon.kill();
    await daemon.run();
    await expect(client.bus.call(ping)).resolves.toHaveLength(1);
  });
});
