/**
 * What a day of each example costs an SD card: fsyncs and bytes that the ledger writes, counted at a simulated disk below
 * the real engine. A quiet day, and one with the trouble that the rules are for.
 */
import 'reflect-metadata';
import { CelCompiler } from '../packages/core/dist/expressions/cel-compiler.js';
import { ProcessHost } from '../packages/core/dist/host/process-host.js';
import { SimulatedDisk } from '../packages/core/dist/ledger/storage/simulated-disk.js';
import { loadTests } from '../packages/core/dist/testing/load-tests.js';
import { TestDevice } from '../packages/core/dist/testing/test-device.js';
import { TestRecord } from '../packages/core/dist/testing/test-record.js';
import { run } from '../scripts/run-step.mjs';
import { print } from './measure.mjs';

run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'examples/custom-plugin']);

const hour = 3_600_000;
const set = (stream, field, value) => ({ kind: 'set', stream, path: [field], value });

/** Readings of a good day, and what goes wrong for four hours of a bad one. */
const examples = {
  'ntp-reboot': {
    given: { device: {}, ntp: { NTP: true, NTPSynchronized: true } },
    trouble: set('ntp', 'NTPSynchronized', false),
    recovery: set('ntp', 'NTPSynchronized', true),
  },
  'network-escalation': {
    given: { network: { Connectivity: 4 } },
    trouble: set('network', 'Connectivity', 1),
    recovery: set('network', 'Connectivity', 4),
  },
  'custom-plugin': {
    given: { fan: { rpm: 1200 } },
    trouble: set('fan', 'rpm', 0),
    recovery: set('fan', 'rpm', 1200),
  },
};

async function playDay(example, { given, trouble, recovery }, isBad) {
  const { suites } = await loadTests(`examples/${example}/.devicerc.yml`, {
    host: new ProcessHost(),
    expressions: new CelCompiler(),
    importModule: (specifier) => import(specifier),
    builtIn: new Map([
      ['@devicerc/plugin-dbus', async () => (await import('@devicerc/plugin-dbus')).default],
      ['./fan.ts', async () => (await import('../examples/custom-plugin/dist/fan.js')).default],
    ]),
  });
  const disk = new SimulatedDisk();
  const record = new TestRecord(() => device.now);
  const readings = Object.entries(given).map(([stream, value]) => ({ stream, value }));
  const device = new TestDevice({ given: readings, answers: [] }, suites[0].files, record, disk);
  if (isBad) {
    device.plan(8 * hour, 'trouble', () => device.apply(trouble));
    device.plan(12 * hour, 'recovery', () => device.apply(recovery));
  }
  await device.start();
  // The first minutes hold what a start costs, whenever it is.
  await device.runUntil(hour);
  const before = { syncs: disk.syncs, bytes: disk.bytesWritten };
  await device.runUntil(25 * hour);
  const { syncs, bytesWritten } = disk;
  await device.end();
  return { fsyncs: syncs - before.syncs, bytes: bytesWritten - before.bytes };
}

const days = {};
for (const [example, plan] of Object.entries(examples)) {
  days[example] = { quiet: await playDay(example, plan, false), bad: await playDay(example, plan, true) };
}
print({ benchmark: 'wear', ...days });
