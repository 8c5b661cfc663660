import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '@devicerc/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PrivateBus } from '../bus/private-bus.js';
import { TestClient } from '../bus/test-client.fixture.js';
import { EngineProcess } from './engine-process.fixture.js';

const rules = `version: 1
plugins:
  - use: "@devicerc/plugin-dbus"
    with: { reconnect-delay: 20ms, reconnect-max-delay: 100ms, connect-timeout: 200ms, call-timeout: 1s }
streams:
  sensor: { from: dbus.name, with: { name: org.example.Sensor } }
rules:
  door:
    on: [{ dbus.signal: { interface: org.example.Door, member: Opened } }]
    then:
      - do: dbus.call
        as: id
        with:
          destination: org.freedesktop.DBus
          path: /org/freedesktop/DBus
          interface: org.freedesktop.DBus
          member: GetId
      - { do: log, with: { message: "door \${{ event.args[0] }} opened" } }
  sensor-is-there:
    when: sensor.owned
    then: [{ do: log, with: { message: sensor is there } }]
  beat:
    on: [{ schedule: { every: 200ms } }]
    then: [{ do: log, with: { message: beat } }]
`;

let clock: RealClock;
let folder: string;
let engine: EngineProcess | undefined;

beforeEach(async () => {
  clock = new RealClock();
  folder = await mkdtemp(join(tmpdir(), 'devicerc-bus-'));
});
afterEach(async () => {
  await engine?.stop();
  await rm(folder, { recursive: true });
  clock.dispose();
});

test('a bus that dies and comes back 20 times under running rules: each time they act again, and nothing leaks', async () => {
  let bus = await PrivateBus.start(folder);
  engine = await EngineProcess.start(rules, bus.address, clock);
  const files: number[] = [];
  for (let round = 1; round <= 20; round += 1) {
    await engine.saysTimes('Connected to the system bus', round);
    const sensor = await TestClient.connect(bus.address);
    await sensor.own('org.example.Sensor');
    await opened(sensor, round);
    files.push(await engine.openFiles());
    sensor.close();
    await bus.stop();
    await engine.saysTimes('the connection was lost', round);
    bus = await PrivateBus.start(folder);
  }
  await engine.saysTimes('Signals sent in between were missed', 20);
  await bus.stop();
  expect(engine.output).toMatch(/sensor is there/);
  expect(Math.min(...files.slice(-5))).toBeLessThanOrEqual(Math.max(...files.slice(0, 5)));
  expect(await engine.stop()).toBe(0);
  expect(engine.output).not.toMatch(/"level":"error"|INTERNAL_FAULT/);
}, 60_000);

/** Rings until the engine heard it: the subscription is restored a moment after the connection. */
async function opened(sensor: TestClient, round: number): Promise<void> {
  while (!engine!.output.includes(`door ${round} opened`)) {
    sensor.emit('/door', 'org.example.Door', 'Opened', 'i', [round]);
    await sensor.settled();
    await engine!.pause();
  }
}

describe('rules that have nothing to do with the bus go on, and the engine ends in order, when the bus', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['never answers', () => undefined],
    ['closes in the handshake', (socket) => socket.destroy()],
    ['sends a message that is cut off', (socket) => welcomeAndCutOff(socket)],
    ['sends what is no D-Bus at all', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])(
    '%s',
    async (_what, script) => {
      const sockets = new Set<Socket>();
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => sockets.delete(socket));
        script(socket);
      });
      server.listen(join(folder, 'fake'));
      await once(server, 'listening');
      engine = await EngineProcess.start(rules, `unix:path=${join(folder, 'fake')}`, clock);
      await engine.saysTimes('"event":"dbus-lost"', 1);
      await engine.saysTimes('"message":"beat"', 5);
      const files = await engine.openFiles();
      await engine.saysTimes('"message":"beat"', 10);
      expect(await engine.openFiles()).toBeLessThanOrEqual(files + 2);
      expect(await engine.stop()).toBe(0);
      expect(engine.output).not.toMatch(/"level":"error"|INTERNAL_FAULT/);
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
    30_000,
  );
});

/** Lets the client in, then answers its first message with one that ends in the middle of its header. */
function welcomeAndCutOff(socket: Socket): void {
  socket.on('data', (chunk) => {
    const text = chunk.toString('latin1');
    if (text.includes('AUTH')) socket.write('OK 1234deadbeef\r\n');
    if (text.includes('BEGIN')) socket.end(Buffer.from('6c02010140000000010000006e000000060173', 'hex'));
  });
}
