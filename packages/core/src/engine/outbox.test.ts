import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../clock/eventually.fixture.js';
import type { DiagnosticsError } from '../diagnostics/device-error.js';
import { EngineBench } from './engine.fixture.js';

let bench: EngineBench;
let server: Server;
let status: number;
let received: { key: string; body: string }[];

beforeEach(async () => {
  bench = new EngineBench();
  status = 503;
  received = [];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ key: String(request.headers['idempotency-key']), body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await bench.end();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Tells each minute, to a URL that is a secret. */
function tellEachMinute(): string {
  const secret = join(bench.folder, 'hook');
  writeFileSync(secret, `http://127.0.0.1:${(server.address() as AddressInfo).port}/T0PS3CRET`);
  return `
  tell:
    on: [{ schedule: { every: 1m } }]
    mode: parallel
    then:
      - do: notify.webhook
        as: sent
        with: { url: "\${{ secrets.hook }}", body: "\${{ string(event.scheduled) }}" }
      - { do: log, with: { message: "delivered: \${{ sent.delivered }}" } }
secrets:
  hook: { file: ${secret} }
`;
}

test('messages outlive a restart of the engine: in order, under their keys, with no secret on record', async () => {
  const rules = tellEachMinute();
  await bench.start(rules);
  await bench.advance('60s');
  await eventually(() => bench.said.length === 1);
  await bench.advance('60s');
  await eventually(() => bench.said.length === 2);
  expect(bench.said).toEqual(['delivered: false', 'delivered: false']);
  const keys = [...new Set(received.map(({ key }) => key))];
  expect(keys).toHaveLength(1);
  await bench.stop();
  expect(JSON.stringify(bench.ledger.scopes().map((scope) => [...bench.ledger.entries(scope)]))).not.toContain('T0PS');
  received = [];
  status = 204;
  await bench.start(rules);
  await eventually(() => received.length === 2);
  expect(received.map(({ body }) => body)).toEqual(['2026-01-01T00:01:00.000Z', '2026-01-01T00:02:00.000Z']);
  expect(received[0]?.key).toBe(keys[0]);
});

test('a message that can be delivered is, before the next step', async () => {
  status = 200;
  await bench.start(tellEachMinute());
  await bench.advance('60s');
  await eventually(() => bench.said.length === 1);
  expect(bench.said).toEqual(['delivered: true']);
  expect(received).toHaveLength(1);
});

test('a message that waits is delivered after a reload too', async () => {
  await bench.start(tellEachMinute());
  await bench.advance('60s');
  await eventually(() => bench.said.length === 1);
  bench.write(tellEachMinute().replace('delivered:', 'sent:'));
  await bench.engine.reload();
  status = 200;
  await eventually(async () => {
    await bench.advance('1s');
    return bench.log.messages.some((message) => message.includes('is delivered'));
  });
  expect(new Set(received.map(({ key }) => key)).size).toBe(1);
});

test('what `as` names is whether the message was delivered, and nothing else', async () => {
  const failure = await bench
    .create(tellEachMinute().replace('sent.delivered', 'sent.status'))
    .catch((error: unknown) => error);
  expect((failure as DiagnosticsError).diagnostics).toMatchObject([{ message: expect.stringContaining('status') }]);
  await bench.create(tellEachMinute());
});
