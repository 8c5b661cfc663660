/**
 * Signals from a real dbus-daemon to an action, through the whole engine, against bare dbus-next that only counts them.
 * The sender writes ready-made messages, so that the receiver is what is measured; CPU is the receiver's own.
 * Cold are the first signals of a process, warm those after it has run for a while, as it does for years.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
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

/** The compiler is done with what runs often; before that, half of the time is its own. */
const rounds = 12;

/** A receiver of so many rounds; it says "ready", then one line with time and CPU after the last signal of each. */
async function measure(kind) {
  const receiver = spawn(process.execPath, ['bench/dbus-receiver.mjs', kind, file, signals, rounds].map(String), {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(receiver.stdout)[Symbol.asyncIterator]();
  const nextLine = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`The ${kind} receiver ended too early.`);
    return value;
  };
  await nextLine();
  const results = [];
  for (let round_ = 0; round_ < rounds; round_ += 1) {
    const sender = spawn(process.execPath, ['bench/dbus-sender.mjs', String(signals)], {
      env: environment,
      stdio: 'inherit',
    });
    const sent = new Promise((resolve) => sender.once('exit', resolve));
    results.push(JSON.parse(await nextLine()));
    await sent;
  }
  return { cold: results[0], warm: results.at(-1) };
}

const results = { bare: [], engine: [] };
for (let turn = 0; turn < 5; turn += 1)
  for (const kind of Object.keys(results)) results[kind].push(await measure(kind));
await bus.stop();
rmSync(folder, { recursive: true });

const of = (kind, stage, figure) => median(results[kind].map((result) => result[stage][figure]));
const figures = (stage) => ({
  signalsPerSecond: round(of('engine', stage, 'perSecond')),
  bareSignalsPerSecond: round(of('bare', stage, 'perSecond')),
  ratio: round(of('engine', stage, 'perSecond') / of('bare', stage, 'perSecond')),
  microsecondsOfCpuPerSignal: round(of('engine', stage, 'microsecondsOfCpu')),
  bareMicrosecondsOfCpuPerSignal: round(of('bare', stage, 'microsecondsOfCpu')),
});
print({ benchmark: 'dbus', signals, cold: figures('cold'), warm: figures('warm'), target: 'ratio >= 0.8' });
