import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { ProcessHost } from '../host/process-host.js';
import { z } from '../schemas/schema.js';
import { TestPorts } from './test-ports.js';

let clock: VirtualClock;
let ports: TestPorts;
beforeEach(() => {
  clock = new VirtualClock();
  const variables = { ...process.env, RESIN_APP_NAME: 'fleet' };
  ports = new TestPorts(clock, Object.assign(new ProcessHost(), { variables }));
});
afterEach(() => ports.dispose());

test('gives a class in a test what the engine would give it', async () => {
  const { store, secrets, container, network, programs, http } = ports;
  const counts = store.table('counts', { row: z.number(), rows: 1 });
  counts.write('a', 1);
  secrets.add('key', 'of-the-box');
  network.reach = 'away';
  expect(counts.read('a')).toBe(1);
  expect(secrets.mask('of-the-box')).toBe('***');
  expect([container.variable('APP_NAME'), network.now()]).toEqual(['fleet', 'away']);
  expect(await programs.output({ command: ['echo', 'hi'] })).toBe('hi\n');
  await expect(http.request({ url: 'http://127.0.0.1:1' })).rejects.toMatchObject({ code: 'HTTP_UNREACHABLE' });
});

test('polls without jitter on the clock of the test', async () => {
  let readings = 0;
  const every = Duration.parse('10s');
  const subscription = ports.poller.poll({ name: 'box', every, jitter: 1, read: () => ++readings }).subscribe();
  await clock.advance(Duration.parse('30s'));
  subscription.unsubscribe();
  expect(readings).toBe(4);
});

test('ends the programs that still run', async () => {
  const running = ports.programs.run({ command: ['sleep', '1000'] });
  await ports.programs.run({ command: ['true'] });
  await ports.dispose();
  expect(await running).toMatchObject({ code: null, signal: 'SIGKILL' });
});
