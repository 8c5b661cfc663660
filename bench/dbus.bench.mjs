/**
 * Signals from a real dbus-daemon to an action, through the whole engine, against bare dbus-next that only counts them.
 * The sender writes ready-made messages, so that the receiver is what is measured; CPU is the receiver's own.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, print, round } from './measure.mjs';
import { startBus } from './private-bus.mjs';

/** Fewer than the queue of a stream holds, so that none is dropped. */
const signals = Number(process.env.BENCH_SIGNALS ?? 3_000);
const folder = mkdtempSync(join(tmpdir(), 'devicerc-bench-'));
const bus = await startBus(folder);
const file = join(folder, '.devicerc.yml');
writeFileSync(
  file,
  `version: 1
plugins:
  - use: "@devicerc/plugin-dbus"
  - use: bench
rules:
  count:
    on:
      - dbus.signal: { interface: org.example.Bench, member: Tick }
    mode: parallel
    max: 1000
    then:
      - do: bench.count
`,
);
const environment = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: bus.address };

/** A child that says "ready", then after the last signal one JSON line with its time and CPU. */
function receive(kind) {
  const child = spawn(process.execPath, ['bench/dbus-receiver.mjs', kind, String(signals), file], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let output = '';
  const line = (pattern) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(output);
        if (found) resolve(found[0]);
      };
      child.stdout.on('data', (chunk) => {
        output += chunk;
        look();
      });
      child.once('exit', (code) => reject(new Error(`${kind} receiver ended with ${code}: ${output}`)));
      look();
    });
  const result = line(/\{.*\}/);
  result.catch(() => undefined);
  return { ready: line(/ready/), result: result.then(JSON.parse), exited };
}

async function measure(kind) {
  const receiver = receive(kind);
  await receiver.ready;
  const sender = spawn(process.execPath, ['bench/dbus-sender.mjs', String(signals)], {
    env: environment,
    stdio: 'inherit',
  });
  const sent = new Promise((resolve) => sender.once('exit', resolve));
  const result = await receiver.result;
  await Promise.all([sent, receiver.exited]);
  return result;
}

const results = { bare: [], engine: [] };
for (let turn = 0; turn < 5; turn += 1)
  for (const kind of Object.keys(results)) results[kind].push(await measure(kind));
await bus.stop();
rmSync(folder, { recursive: true });

const of = (kind, figure) => median(results[kind].map((result) => result[figure]));
print({
  benchmark: 'dbus',
  signals,
  signalsPerSecond: round(of('engine', 'perSecond')),
  bareSignalsPerSecond: round(of('bare', 'perSecond')),
  ratio: round(of('engine', 'perSecond') / of('bare', 'perSecond')),
  target: '>= 0.8',
  microsecondsOfCpuPerSignal: round(of('engine', 'microsecondsOfCpu')),
  bareMicrosecondsOfCpuPerSignal: round(of('bare', 'microsecondsOfCpu')),
});
