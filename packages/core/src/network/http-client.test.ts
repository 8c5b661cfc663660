import { once } from 'node:events';
import http, { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { RealClock } from '../clock/real-clock.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { DeviceError } from '../diagnostics/device-error.js';
import { z } from '../schemas/schema.js';
import { GotHttpClient } from './got-http-client.js';
import { HttpAnswer, type HttpRequest } from './http-client.js';
import { selfSigned } from './self-signed.fixture.js';
import { deliveries, failures, MisbehavingReceiver, refusals, silences } from './misbehaving-receiver.fixture.js';

let clock: VirtualClock;
let client: GotHttpClient;
beforeEach(() => {
  clock = new VirtualClock();
  client = new GotHttpClient(clock);
});

describe('with a server', () => {
  let server: Server;
  let origin: string;
  let serve: RequestListener;
  let received: { request: IncomingMessage; body: string; from: string | undefined }[];

  beforeEach(async () => {
    received = [];
    serve = (_request, response) => response.end('OK');
    server = createServer((request, response) => {
      void text(request).then((body) => {
        received.push({ request, body, from: request.socket.remoteAddress });
        serve(request, response);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(clock.pendingTimers).toEqual([]);
  });

  /** Once the server has the request, nothing else stands between it and its deadline. */
  async function sent(request: Partial<HttpRequest> = {}): Promise<{ readonly outcome: Promise<unknown> }> {
    const outcome = client.request({ url: origin, ...request }).catch((error: unknown) => error);
    await eventually(() => received.length > 0);
    return { outcome };
  }

  test('gives the answer whatever its status, with names of headers in lower case', async () => {
    serve = (_request, response) => response.writeHead(423, { 'X-Lock': 'yes' }).end('{"status":"failed"}');
    const answer = await client.request({ url: `${origin}/v1/reboot`, method: 'POST', body: { force: true } });
    expect(answer).toMatchObject({ status: 423, isSuccess: false, text: '{"status":"failed"}' });
    expect(answer.headers['x-lock']).toBe('yes');
    expect(received[0]).toMatchObject({ body: '{"force":true}', request: { method: 'POST', url: '/v1/reboot' } });
  });

  test('names itself, unless it is given a name', async () => {
    await client.request({ url: origin });
    await client.request({ url: origin, headers: { 'user-agent': 'probe' } });
    expect(received.map(({ request }) => request.headers['user-agent'])).toEqual(['devicerc', 'probe']);
  });

  test('sends bytes and texts as they are', async () => {
    await client.request({ url: origin, method: 'PUT', body: Buffer.from('bytes') });
    await client.request({ url: origin, method: 'PUT', body: '{"text":1}' });
    expect(received.map(({ body }) => body)).toEqual(['bytes', '{"text":1}']);
  });

  test('takes a redirect for an answer', async () => {
    serve = (_request, response) => response.writeHead(302, { location: '/login' }).end();
    expect(await client.request({ url: origin })).toMatchObject({ status: 302 });
    expect(received).toHaveLength(1);
  });

  test.each([500, 503, 429, 413])(
    'repeats nothing after a %i, not even when the server names a time',
    async (status) => {
      serve = (_request, response) => response.writeHead(status, { 'retry-after': '0' }).end();
      expect(await client.request({ url: origin })).toMatchObject({ status });
      expect(received).toHaveLength(1);
    },
  );

  test('repeats nothing after a reset, and says that the request may have taken effect', async () => {
    serve = (request) => request.socket.resetAndDestroy();
    await expect(client.request({ url: origin })).rejects.toMatchObject({
      code: 'HTTP_UNREACHABLE',
      message: `${origin} could not be reached: ECONNRESET.`,
      isUncertain: true,
    });
    expect(received).toHaveLength(1);
  });

  test('each request has a connection of its own', async () => {
    const ports = new Set<number | undefined>();
    serve = (request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    };
    for (let round = 0; round < 3; round++) await client.request({ url: origin });
    expect(ports.size).toBe(3);
  });

  test('takes no proxy that the environment has given to the agent of Node', async () => {
    const own = http.globalAgent;
    const asked: unknown[] = [];
    // What Node 24 does under NODE_USE_ENV_PROXY: each request without an agent of its own goes to the proxy.
    const proxied = Object.assign(new http.Agent(), {
      createConnection: (options: unknown): never => {
        asked.push(options);
        throw new TypeError('the proxy was asked');
      },
    });
    http.globalAgent = proxied;
    try {
      expect(await client.request({ url: origin })).toMatchObject({ status: 200 });
    } finally {
      http.globalAgent = own;
    }
    expect(asked).toEqual([]);
  });

  test('ends at its deadline, not before', async () => {
    serve = () => undefined;
    const { outcome } = await sent({ timeout: Duration.parse('15s') });
    await clock.advance(Duration.parse('14s'));
    expect(await Promise.race([outcome, 'waits'])).toBe('waits');
    await clock.advance(Duration.parse('1s'));
    expect(await outcome).toMatchObject({
      code: 'HTTP_TIMEOUT',
      message: `${origin} did not answer within 15s.`,
      isUncertain: true,
    });
  });

  test('the deadline holds for the body, too', async () => {
    serve = (_request, response) => void response.write('begins');
    const { outcome } = await sent();
    await clock.advance(Duration.parse('30s'));
    expect(await outcome).toMatchObject({ code: 'HTTP_TIMEOUT' });
  });

  test('ends when it is aborted', async () => {
    serve = () => undefined;
    const abort = new AbortController();
    const { outcome } = await sent({ signal: abort.signal });
    abort.abort();
    expect(await outcome).toMatchObject({ code: 'HTTP_ABORTED', isUncertain: true });
  });

  test('sends nothing when it was aborted before', async () => {
    await expect(client.request({ url: origin, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'HTTP_ABORTED',
      isUncertain: false,
    });
    expect(received).toEqual([]);
  });

  test.each([
    ['a body', (body: Buffer) => body, {}],
    ['a packed body, unpacked', gzipSync, { 'content-encoding': 'gzip' }],
  ])('refuses %s over the limit, and takes one that reaches it', async (_what, pack, headers) => {
    serve = (_request, response) => response.writeHead(200, headers).end(pack(Buffer.alloc(100_000, 'x')));
    expect((await client.request({ url: origin, sizeLimit: 100_000 })).bytes).toHaveLength(100_000);
    await expect(client.request({ url: origin, sizeLimit: 99_999 })).rejects.toMatchObject({
      code: 'HTTP_ANSWER_TOO_LARGE',
      message: `${origin} answered 200 with more than 99999 bytes.`,
    });
  });

  test('goes out from the address and by the version of IP that were asked for', async () => {
    const { port } = server.address() as AddressInfo;
    await client.request({ url: origin, localAddress: '127.0.0.2' });
    await client.request({ url: `http://localhost:${port}`, family: 4 });
    expect(received.map(({ from }) => from)).toEqual(['127.0.0.2', '127.0.0.1']);
    await expect(client.request({ url: `http://localhost:${port}`, family: 6 })).rejects.toMatchObject({
      code: 'HTTP_UNREACHABLE',
      isUncertain: false,
    });
  });

  test('reads JSON by its schema, not by its content type', async () => {
    const schema = z.object({ status: z.literal('success'), version: z.string() });
    serve = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('{"status":"success","version":"19.0.5"}');
    const answer = await client.request({ url: origin });
    expect(answer.json(schema).version).toBe('19.0.5');
  });

  test.each([
    ['what is no JSON', 'T0SECRET'],
    ['JSON of another form than expected: key: invalid_type', '{"key":{"T0SECRET":1}}'],
    ['JSON of another form than expected: the whole: invalid_type', '"T0SECRET"'],
  ])('says of %s nothing that stands in it', async (how, body) => {
    serve = (_request, response) => response.end(body);
    const answer = await client.request({ url: origin });
    const error = thrownBy(() => answer.json(z.object({ key: z.string() })));
    expect(error).toMatchObject({ code: 'HTTP_ANSWER_INVALID', message: `${origin} answered 200 with ${how}.` });
    expect(everythingOf(error)).not.toContain('T0SECRET');
  });

  describe('no secret stands in an error, nor in what is seen of it', () => {
    const secrets = {
      headers: { authorization: 'ApiKey T0SECRET', cookie: 'T0SECRET=T0SECRET' },
      body: { key: 'T0SECRET' },
      method: 'POST',
    } as const;
    const secretPath = '/T0SECRET?apikey=T0SECRET#T0SECRET';
    const withPassword = (url: string): string => url.replace('//', '//T0SECRET:T0SECRET@') + secretPath;

    test.each<[how: string, serve: RequestListener, code: string]>([
      ['a reset', (request) => request.socket.resetAndDestroy(), 'HTTP_UNREACHABLE'],
      ['an answer that is cut off', (_, response) => cutOff(response), 'HTTP_ANSWER_BROKEN'],
      ['another protocol', (request) => request.socket.end('T0SECRET'), 'HTTP_UNREACHABLE'],
      ['a large answer', (_, response) => response.end('T0SECRET'.repeat(10)), 'HTTP_ANSWER_TOO_LARGE'],
    ])('%s', async (_how, listener, code) => {
      serve = listener;
      const error = await failureOf({ url: withPassword(origin), ...secrets, sizeLimit: 50 });
      expect(error.code).toBe(code);
      expect(everythingOf(error)).not.toContain('T0SECRET');
    });

    test('a timeout', async () => {
      serve = () => undefined;
      const { outcome } = await sent({ url: withPassword(origin), ...secrets });
      await clock.advance(Duration.parse('30s'));
      const error = await outcome;
      expect(error).toMatchObject({ code: 'HTTP_TIMEOUT' });
      expect(everythingOf(error)).not.toContain('T0SECRET');
    });

    test.each([
      ['nobody listens', 'http://127.0.0.1:1', {}, 'HTTP_UNREACHABLE'],
      ['no name', 'http://nowhere.invalid', {}, 'HTTP_UNREACHABLE'],
      ['no TLS', 'https://127.0.0.1:1', {}, 'HTTP_UNREACHABLE'],
      ['no URL', 'http//T0SECRET', {}, 'HTTP_REQUEST_INVALID'],
      ['no address', 'http://[T0SECRET]', {}, 'HTTP_REQUEST_INVALID'],
      ['no HTTP', 'file:///', {}, 'HTTP_REQUEST_INVALID'],
      ['a key with a line feed', 'http://127.0.0.1:1', { headers: { key: 'T0SECRET\n' } }, 'HTTP_REQUEST_INVALID'],
      ['a name with a blank', 'http://127.0.0.1:1', { headers: { 'T0SECRET x': '' } }, 'HTTP_REQUEST_INVALID'],
      ['HEAD with a body', 'http://127.0.0.1:1', { method: 'HEAD' }, 'HTTP_REQUEST_INVALID'],
    ] as const)('%s', async (_how, url, changed, code) => {
      const error = await failureOf({ ...secrets, ...changed, url: withPassword(url) });
      expect(error).toMatchObject({ code, isUncertain: false });
      expect(everythingOf(error)).not.toContain('T0SECRET');
    });
  });

  async function failureOf(request: HttpRequest): Promise<DeviceError> {
    const error = await client.request(request).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeviceError);
    return error as DeviceError;
  }
});

test('sends nothing to a server whose certificate nobody vouches for', async () => {
  const received: unknown[] = [];
  const server = createSecureServer(selfSigned, (request, response) => {
    received.push(request.url);
    response.end();
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const outcome = client.request({ url: `https://localhost:${port}/T0SECRET`, family: 4 });
  await expect(outcome).rejects.toMatchObject({
    code: 'HTTP_UNREACHABLE',
    message: `https://localhost:${port} could not be reached: DEPTH_ZERO_SELF_SIGNED_CERT.`,
    isUncertain: false,
  });
  expect(received).toEqual([]);
  server.close();
  await once(server, 'close');
});

describe('a server that answers what it likes', () => {
  const answers = { ...deliveries, ...failures, ...silences, ...refusals };
  let receiver: MisbehavingReceiver;
  beforeEach(async () => {
    receiver = new MisbehavingReceiver();
    await receiver.listen();
  });
  afterEach(() => receiver.close());

  test.each(Object.keys(answers))(
    'ends as an answer or an error of its own, and leaves nothing open: %s',
    async (name) => {
      receiver.answer = () => answers[name]!;
      const outcome = client
        .request({ url: receiver.url, headers: { 'idempotency-key': name }, sizeLimit: 10_000 })
        .catch((error: unknown) => error);
      let isOver = false;
      void outcome.then(() => (isOver = true));
      const pause = Duration.parse('300ms');
      while (!isOver) {
        await Promise.race([outcome, new RealClock().sleep(pause, 'patience with a server')]);
        await clock.advance(Duration.parse('30s'));
      }
      const result = await outcome;
      if (!(result instanceof HttpAnswer)) {
        expect(result).toMatchObject({ code: expect.stringMatching(/^HTTP_/), isUncertain: true });
      }
      expect(clock.pendingTimers).toEqual([]);
      expect(receiver.keys).toEqual([name]);
    },
  );

  test.each(Object.keys(deliveries))('its 2xx is a status, whatever comes behind it: %s', async (name) => {
    receiver.answer = () => answers[name]!;
    const status = await client.status({ url: receiver.url, headers: { 'idempotency-key': name } });
    expect(Math.floor(status / 100)).toBe(2);
  });
});

function cutOff(response: http.ServerResponse): void {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('T0SECRET', () => response.destroy());
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

/** As a log, a debugger or JSON may show it. */
function everythingOf(error: unknown): string {
  const { stack, message, cause } = error as Error;
  return [
    inspect(error, { depth: null, showHidden: true }),
    JSON.stringify(error),
    stack,
    message,
    inspect(cause),
  ].join();
}
