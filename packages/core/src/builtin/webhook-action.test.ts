import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { actionDescriptionOf, type ActionContext } from '../actions/action.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { RecordingLogger } from '../diagnostics/recording-logger.fixture.js';
import { GotHttpClient } from '../network/got-http-client.js';
import { WebhookAction } from './webhook-action.js';

describe('the action notify.webhook', () => {
  let server: Server;
  let origin: string;
  let status: number;
  let received: { request: IncomingMessage; body: string }[];

  beforeEach(async () => {
    status = 200;
    received = [];
    server = createServer((request, response) => {
      void text(request).then((body) => {
        received.push({ request, body });
        if (status === 302 && request.url === '/hook') response.writeHead(302, { location: '/login' }).end();
        else if (status > 0) response.writeHead(status === 302 ? 200 : status).end('answer');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function send(written: Record<string, unknown>, signal = new AbortController().signal) {
    const input = actionDescriptionOf(WebhookAction)!.input.parse(written);
    const context: ActionContext = {
      signal,
      log: new RecordingLogger(),
      rule: 'r',
      run: '1',
      attempt: 1,
      idempotencyKey: 'run-1:then[0]',
      held: false,
    };
    return new WebhookAction(new GotHttpClient(new VirtualClock())).run(input as never, context);
  }

  test('posts a mapping as JSON with a key by which a repetition is recognised', async () => {
    await send({ url: `${origin}/hook`, body: { text: 'No NTP' } });
    const [{ request, body }] = received as [(typeof received)[0]];
    expect([request.method, request.url, JSON.parse(body)]).toEqual(['POST', '/hook', { text: 'No NTP' }]);
    expect(request.headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'run-1:then[0]' });
  });

  test('sends a text as it is, with the method and the headers that were asked for', async () => {
    await send({ url: origin, method: 'PUT', headers: { 'content-type': 'text/csv' }, body: 'a;b' });
    expect(received[0]).toMatchObject({
      body: 'a;b',
      request: { method: 'PUT', headers: { 'content-type': 'text/csv' } },
    });
  });

  test('fails on a refusal, once, without the path of the URL in the error', async () => {
    status = 503;
    const failure = send({ url: `${origin}/services/T0SECRET?key=T0SECRET` });
    await expect(failure).rejects.toMatchObject({ code: 'WEBHOOK_REFUSED', message: `${origin} answered 503.` });
    expect(received).toHaveLength(1);
  });

  test.each([
    [404, true],
    [401, true],
    [408, false],
    [425, false],
    [429, false],
    [500, false],
    [503, false],
  ])('of the status %i it says: is final: %s', async (answer, isFinal) => {
    status = answer;
    await expect(send({ url: origin })).rejects.toMatchObject({ code: 'WEBHOOK_REFUSED', isFinal });
  });

  test('takes the login page that a network leads to for no delivery, and shows it no token', async () => {
    status = 302;
    await expect(send({ url: `${origin}/hook`, headers: { 'x-token': 's' } })).rejects.toMatchObject({
      code: 'WEBHOOK_REFUSED',
      message: `${origin} answered 302: redirects are not followed.`,
      isFinal: false,
    });
    expect(received.map(({ request }) => request.url)).toEqual(['/hook']);
  });

  test('one target is the origin of its URL', () => {
    const { target } = actionDescriptionOf(WebhookAction)!;
    expect(target!({ url: 'https://user:word@hooks.example:8443/T0SECRET?x=1' })).toBe('https://hooks.example:8443');
  });

  test('fails when nobody listens, without the path of the URL in the error or its cause', async () => {
    const error = await send({ url: 'http://127.0.0.1:1/T0SECRET' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'WEBHOOK_UNREACHABLE' });
    expect(`${(error as Error).message} ${String((error as Error).cause)}`).not.toContain('T0SECRET');
  });

  test('gives up as soon as it is aborted', async () => {
    status = 0;
    const abort = new AbortController();
    const sent = send({ url: origin }, abort.signal);
    server.once('request', () => abort.abort());
    await expect(sent).rejects.toMatchObject({ code: 'WEBHOOK_UNREACHABLE' });
  });

  test.each([
    ['a value of two lines', { 'x-network': 'guest\r\nx-admin: yes' }],
    ['a value beyond Latin-1', { 'x-network': 'café 🙂' }],
    ['a name with a blank', { 'x network': 'guest' }],
  ])('refuses %s in a header, which could never be sent', (_what, headers) => {
    const { input } = actionDescriptionOf(WebhookAction)!;
    expect(input.safeParse({ url: origin, headers }).success).toBe(false);
  });

  test('takes http and https only', () => {
    expect(actionDescriptionOf(WebhookAction)!.input.safeParse({ url: 'file:///etc/passwd' }).success).toBe(false);
  });
});
