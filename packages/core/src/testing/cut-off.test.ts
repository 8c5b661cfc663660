import { expect, test } from '@jest/globals';
import { action, type Action } from '../actions/action.js';
import { Duration } from '../clock/duration.js';
import { SimulatedDisk, type Moment } from '../ledger/storage/simulated-disk.js';
import { definePlugin } from '../plugins/plugin.js';
import { z } from '../schemas/schema.js';
import type { TestSuite } from './load-tests.js';
import { loadTestsOf } from './play.fixture.js';
import { TestDevice } from './test-device.js';
import { TestRecord } from './test-record.js';

@action({ name: 'machine.reboot', summary: 'Reboots.', effects: ['reboot'], input: z.object({}) })
class Reboot implements Action<unknown, void> {
  async run(): Promise<void> {}
}

const plugin = definePlugin({ name: 'fixture', api: '^1.0.0', actions: [Reboot] });

const tellsAndReboots = `
version: 1
plugins: [{ use: fixture }]
rules:
  tell:
    when: clock.synchronized
    for: 10m
    limit: { runs: 3, per: 24h, cooldown: 1h }
    then:
      - { do: notify.webhook, with: { url: "https://hook.invalid", body: {} }, on-error: continue }
      - { do: machine.reboot }
tests:
  - name: tells
    at: [{ t: 1h, end: true }]
    expect: [{ action: notify.webhook, times: 1 }]
`;

/** An hour of a device whose power is cut at an operation of its disk; its network is there for the second half. */
async function playHour({ files }: TestSuite, cut?: { operation: number; moment: Moment }) {
  const disk = new SimulatedDisk();
  if (cut) disk.interruptAt(cut.operation, cut.moment);
  const record: TestRecord = new TestRecord(() => device.now);
  const given = [{ stream: 'clock', value: { synchronized: true } }];
  const device: TestDevice = new TestDevice({ given, answers: [] }, files, record, disk, 'power-cut');
  await device.apply({ kind: 'network', isThere: false });
  device.plan(Duration.parse('30m').milliseconds, 'network', () => device.apply({ kind: 'network', isThere: true }));
  await device.start();
  await device.runUntil(Duration.parse('1h').milliseconds);
  record.close();
  await device.end();
  return { record, operations: disk.operations };
}

test('what a process does in its memory after its disk was taken from it is none of the record', async () => {
  const { suites } = await loadTestsOf({ '.devicerc.yml': tellsAndReboots }, plugin);
  const [suite] = suites;
  const { operations } = await playHour(suite!);

  for (let operation = 0; operation < operations; operation++) {
    for (const moment of ['before', 'torn', 'after'] as const) {
      const { record } = await playHour(suite!, { operation, moment });
      const delivered = new Set(
        record.calls.filter((call) => call.action === 'notify.webhook').map((call) => call.run),
      );
      const told = [...record.traces].filter(({ steps }) => steps[0]?.outcome === 'succeeded');
      expect([operation, moment, told.filter(({ id }) => !delivered.has(id))]).toEqual([operation, moment, []]);
    }
  }
});
