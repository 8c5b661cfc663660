import { DeviceError, Duration, Lost } from '@devicerc/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { map } from 'rxjs';
import { DbusName } from '../streams/dbus-name.js';
import { Seen, testClient, type TestClient } from './bus-client.fixture.js';
import { FakeBus, type FakePeer } from './fake-bus.fixture.js';
import type { MethodCall } from './message.js';

const ping: MethodCall = {
  destination: 'org.example.Service',
  path: '/org/example',
  interface: 'org.example.Fake',
  member: 'Ping',
};

let bus: FakeBus | undefined;
let client: TestClient | undefined;
let keepConnected: { stop(): void } | undefined;
const strayErrors: unknown[] = [];
const noteStray = (error: unknown): void => void strayErrors.push(error);

beforeEach(() => {
  strayErrors.length = 0;
  process.on('uncaughtException', noteStray);
  process.on('unhandledRejection', noteStray);
});

afterEach(async () => {
  keepConnected?.stop();
  client?.dispose();
  await bus?.dispose();
  client = bus = keepConnected = undefined;
  process.off('uncaughtException', noteStray);
  process.off('unhandledRejection', noteStray);
  expect(strayErrors).toEqual([]);
});

async function against(
  script: (peer: FakePeer, connection: number) => Promise<void> | void,
  options?: Record<string, string>,
): Promise<TestClient> {
  bus = await FakeBus.start(script);
  client = testClient(bus.address, options);
  return client;
}

/** Waits for the connection, so that a short timeout is that of the call alone. */
async function connected(subject: TestClient): Promise<TestClient> {
  const seen = new Seen(subject.bus.availability);
  await seen.until(({ available }) => available);
  keepConnected = seen;
  return subject;
}

function fail(): never {
  throw new Error('the listener is broken');
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DeviceError);
  return (error as DeviceError).code;
}

async function reasonFor({ bus: subject }: TestClient, pattern: RegExp): Promise<string> {
  const seen = new Seen(subject.availability);
  const state = await seen.until((value) => !value.available && pattern.test(value.reason));
  seen.stop();
  return state.available ? '' : state.reason;
}

describe('a bus that misbehaves', () => {
  test('1: a connection that ends fails every call that waits, and the next call uses a new connection', async () => {
    const { bus: subject } = await against(async (peer, connection) => {
      await peer.welcome();
      if (connection > 1) return void peer.answerAll();
      await peer.next();
      await peer.next();
      peer.socket.destroy();
    });
    const calls = await Promise.all([codeOf(subject.call(ping)), codeOf(subject.call(ping))]);
    expect(calls).toEqual(['DBUS_DISCONNECTED', 'DBUS_DISCONNECTED']);
    await expect(subject.call(ping)).resolves.toEqual([]);
  });

  test('2: a bus that never answers the handshake is given up within the connect timeout', async () => {
    const mute = await against(() => {}, { 'connect-timeout': '30ms' });
    expect(await reasonFor(mute, /did not let us in within 30ms/)).toContain('unix:path=');
  });

  test('2: a bus that falls silent after Hello costs a call its timeout, and no more', async () => {
    const { bus: subject } = await connected(await against((peer) => peer.welcome()));
    expect(await codeOf(subject.call(ping, { timeout: Duration.parse('30ms') }))).toBe('DBUS_CALL_TIMEOUT');
  });

  test('2: a bus that does not answer calls to itself is left, and a new connection is made', async () => {
    const { bus: subject } = await against(
      async (peer, connection) => {
        await peer.welcome();
        if (connection > 1) await peer.answerAll();
      },
      { 'call-timeout': '30ms' },
    );
    const seen = new Seen(subject.availability);
    const signals = new Seen(subject.signals({ member: 'Tick' }));
    await seen.until((state) => !state.available && /the bus does not answer/.test(state.reason));
    await seen.until((state) => state.available);
    await expect(subject.call(ping)).resolves.toEqual([]);
    expect(bus!.connections).toBeGreaterThan(1);
    seen.stop();
    signals.stop();
  });

  test('2: a reply that comes after the timeout is passed over', async () => {
    const whole = await against(async (peer) => {
      await peer.welcome();
      const late = await peer.next();
      const next = await peer.next();
      peer.reply(late, 's', ['late']);
      peer.reply(next, 's', ['next']);
    });
    const { bus: subject } = await connected(whole);
    expect(await codeOf(subject.call(ping, { timeout: Duration.parse('20ms') }))).toBe('DBUS_CALL_TIMEOUT');
    await expect(subject.call(ping)).resolves.toEqual(['next']);
  });

  test('3: a message that is cut off by the end of the connection is no crash', async () => {
    const { bus: subject } = await against(async (peer, connection) => {
      await peer.welcome();
      if (connection > 1) return void peer.answerAll();
      await peer.next();
      const bytes = peer.signalBytes('Tick', 's', ['a text that is long enough to be cut']);
      peer.socket.end(bytes.subarray(0, bytes.length - 20));
    });
    expect(await codeOf(subject.call(ping))).toBe('DBUS_DISCONNECTED');
    await expect(subject.call(ping)).resolves.toEqual([]);
  });

  test('3: a message whose body cannot be read is passed over, and the ones after it arrive', async () => {
    const { bus: subject, log } = await against(async (peer) => {
      await peer.welcome();
      const call = await peer.answerAll(({ member }) => member === 'Ping');
      const broken = Buffer.from(peer.signalBytes('Tick', 'as', [['first', 'second']]));
      const placeOfLength = broken.indexOf('first') - 8;
      broken.writeUInt32LE(4_000, placeOfLength);
      peer.socket.write(broken);
      peer.socket.write(peer.signalBytes('Tick', 's', ['good']));
      peer.reply(call, '', []);
    });
    const seen = new Seen(subject.signals({ member: 'Tick' }));
    await subject.call(ping);
    await seen.until(({ args }) => args[0] === 'good');
    expect(log.lines.join('\n')).toMatch(/could not be read and was passed over/);
    seen.stop();
  });

  test.each([
    ['bytes that are no D-Bus messages', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a message of another protocol version', Buffer.from('6c01000900000000010000000000000000000000', 'hex')],
    ['a message of four gigabytes', Buffer.from('6c010001ffffffff0100000000000000', 'hex')],
  ])('3: %s end the connection, which is made again', async (_name, bytes) => {
    const { bus: subject } = await against(async (peer, connection) => {
      await peer.welcome();
      if (connection > 1) return void peer.answerAll();
      await peer.next();
      peer.socket.write(bytes);
    });
    expect(await codeOf(subject.call(ping))).toBe('DBUS_DISCONNECTED');
    await expect(subject.call(ping)).resolves.toEqual([]);
  });

  test('4: an argument that does not fit fails its own call only, also before the connection is there', async () => {
    const { bus: subject } = await against(async (peer) => {
      await peer.welcome();
      await peer.answerAll();
    });
    const [bad, good] = await Promise.allSettled([
      subject.call({ ...ping, signature: 'u', args: ['not a number'] }),
      subject.call(ping),
    ]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'DBUS_ARGUMENT_INVALID' } });
    expect(good.status).toBe('fulfilled');
  });

  test('5: an error reply to Hello is a reason to try again, not the end of the process', async () => {
    const { bus: subject } = await against(async (peer, connection) => {
      await peer.authenticate();
      const hello = await peer.next();
      if (connection === 1)
        return peer.refuse(hello, 'org.freedesktop.DBus.Error.LimitsExceeded', 'too many connections');
      peer.reply(hello, 's', [':1.1']);
      await peer.answerAll();
    });
    const seen = new Seen(subject.availability);
    expect(await seen.until(() => true)).toMatchObject({ reason: expect.stringContaining('too many connections') });
    await seen.until((state) => state.available);
    seen.stop();
  });

  test('5: a bus that closes in the handshake is tried again until it lets us in', async () => {
    const { bus: subject } = await against(async (peer, connection) => {
      if (connection <= 3) return void peer.socket.destroy();
      await peer.welcome();
      await peer.answerAll();
    });
    await expect(subject.call(ping)).resolves.toEqual([]);
    expect(bus!.connections).toBe(4);
  });

  test('6: a listener that throws keeps neither signals from others nor replies from calls', async () => {
    const { bus: subject } = await against(async (peer) => {
      await peer.welcome();
      const call = await peer.answerAll(({ member }) => member === 'Ping');
      peer.socket.write(peer.signalBytes('Tick', 's', ['x']));
      peer.reply(call, 's', ['pong']);
    });
    const broken = new Seen(subject.signals({ member: 'Tick', path: '/org/example' }).pipe(map(fail)));
    const seen = new Seen(subject.signals({ member: 'Tick' }));
    await expect(subject.call(ping)).resolves.toEqual(['pong']);
    await seen.until(({ args }) => args[0] === 'x');
    expect(await broken.failure()).toMatchObject({ message: 'the listener is broken' });
    seen.stop();
  });

  test('a bus that goes away before it says who owns a name does not make the name a free one', async () => {
    const { bus: subject } = await against(async (peer) => {
      await peer.welcome();
      await peer.answerAll(({ member }) => member === 'GetNameOwner');
      peer.socket.destroy();
    });
    const seen = new Seen(new DbusName(subject).open({ name: 'org.example.Sensor' }));
    await seen.until((value) => value instanceof Lost);
    seen.stop();
    expect(seen.values.filter((value) => !(value instanceof Lost))).toEqual([]);
  });

  test('who wants the bus on hearing that it is lost gets the one new connection of all', async () => {
    const { bus: subject, clock } = await against(
      async (peer, connection) => {
        await peer.welcome();
        if (connection > 1) return void peer.answerAll();
        await peer.next();
        peer.socket.destroy();
      },
      { 'reconnect-delay': '30ms' },
    );
    const further: Seen<unknown>[] = [];
    const seen = new Seen(subject.availability);
    const wanting = subject.availability.subscribe(({ available }) => {
      if (!available) further.push(new Seen(subject.signals({ member: 'Tick' })));
    });
    expect(await codeOf(subject.call(ping))).toBe('DBUS_DISCONNECTED');
    await seen.until(({ available }) => !available);
    await seen.until(({ available }) => available);
    await clock.sleep(Duration.parse('100ms'), 'a second connection');
    expect(bus!.connections).toBe(2);
    for (const one of [seen, ...further]) one.stop();
    wanting.unsubscribe();
  });

  test('11: a refused user is told so, with a way out', async () => {
    const refusing = await against(async (peer) => {
      await peer.line();
      peer.socket.write('REJECTED EXTERNAL\r\n');
    });
    expect(await reasonFor(refusing, /refuses user/)).toContain('REJECTED EXTERNAL');
  });

  test('a server that never ends its line is left', async () => {
    const endless = await against((peer) => void peer.socket.write('x'.repeat(20_000)));
    expect(await reasonFor(endless, /does not speak D-Bus/)).toBeTruthy();
  });

  test('a flood of signals that nobody asked for neither delays a reply nor is kept', async () => {
    const { bus: subject } = await against(async (peer) => {
      await peer.welcome();
      const call = await peer.next();
      const flood = Buffer.concat(
        Array.from({ length: 1_000 }, () => peer.signalBytes('Noise', 's', ['n'.repeat(100)])),
      );
      for (let round = 0; round < 20; round++) peer.socket.write(flood);
      peer.reply(call, 's', ['through']);
    });
    await expect(subject.call(ping, { timeout: Duration.parse('25s') })).resolves.toEqual(['through']);
  });

  test('a call for which the bus never comes fails after its timeout with the reason', async () => {
    client = testClient('unix:path=/nonexistent/socket');
    const call = client.bus.call(ping, { timeout: Duration.parse('40ms') });
    await expect(call).rejects.toMatchObject({ code: 'DBUS_UNAVAILABLE', message: expect.stringContaining('ENOENT') });
  });

  test('an aborted call is given up at once', async () => {
    const { bus: subject } = await against((peer) => peer.welcome());
    const abort = new AbortController();
    const call = subject.call(ping, { signal: abort.signal });
    abort.abort();
    expect(await codeOf(call)).toBe('DBUS_CALL_ABORTED');
  });

  test('disposing ends calls, connection and attempts to connect', async () => {
    const { bus: subject } = await against((peer) => peer.welcome());
    const waiting = codeOf(subject.call(ping));
    const seen = new Seen(subject.availability);
    await seen.until((state) => state.available);
    subject.dispose();
    expect(await waiting).toBe('DBUS_DISCONNECTED');
    expect(await codeOf(subject.call(ping))).toBe('DBUS_UNAVAILABLE');
  });
});
