import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../clock/eventually.fixture.js';
import { RunningEngine } from './running-engine.fixture.js';

let engine: RunningEngine;
let server: Server;
let requests: number;

beforeEach(async () => {
  engine = new RunningEngine();
  requests = 0;
  server = createServer((_request, response) => {
    requests++;
    response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  engine.remove();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function stateFiles(): readonly (readonly [string, string])[] {
  const folder = join(engine.folder, 'state');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'latin1')] as const).sort();
}

async function outcomesOfOnce(): Promise<readonly string[]> {
  const { out } = await engine.ask('trace', '--json');
  const runs = JSON.parse(out) as readonly { readonly rule: string; readonly outcome: string }[];
  return runs.filter(({ rule }) => rule === 'once').map(({ outcome }) => outcome);
}

test('--shadow sends nothing that waits, and leaves the episode and the limit to the engine that acts', async () => {
  const { port } = server.address() as AddressInfo;
  const message = `
  message:
    on: [{ custom: { event: tell } }]
    then: [{ do: notify.webhook, with: { url: "http://127.0.0.1:${port}/", body: {} } }]
`;
  await engine.start(message);
  await engine.ask('emit', 'tell');
  await eventually(() => requests > 0);
  await engine.stop();

  const rules = `${message}
  once:
    when: device.uptime > duration('1s')
    limit: { runs: 1, per: 24h, then: disable }
    then: [{ do: log, with: { message: hi } }]
`;
  const kept = stateFiles();
  const sent = requests;
  await engine.start(rules, { isShadow: true });
  await eventually(async () => (await outcomesOfOnce()).includes('shadowed'));
  expect(await engine.stop()).toBe(0);
  expect(requests).toBe(sent);
  expect(stateFiles()).toEqual(kept);

  await engine.start(rules);
  await eventually(async () => (await outcomesOfOnce()).includes('succeeded'));
  await eventually(() => requests > sent);
}, 60_000);
