/**
 * Start to ready against bare Node, and what the engine costs while nothing happens: resident memory over bare Node with
 * plugin-dbus and 20 rules, and voluntary context switches per minute of all its threads (proc(5), status).
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, print, round } from './measure.mjs';
import { startBus } from './private-bus.mjs';

const idleSeconds = Number(process.env.BENCH_IDLE_SECONDS ?? 30);
const command = 'packages/core/bin/devicerc.js';
const folder = mkdtempSync(join(tmpdir(), 'devicerc-bench-'));
const bus = await startBus(folder);
const file = join(folder, '.devicerc.yml');
writeFileSync(
  file,
  `version: 1
plugins:
  - use: "@devicerc/plugin-dbus"
streams:
  driver: { from: dbus.name, with: { name: org.freedesktop.DBus } }
rules:
${Array.from({ length: 20 }, (_, index) =>
  index % 2 === 0
    ? `  rule-${index}: { on: [{ dbus.signal: { interface: org.example.Door${index}, member: Opened } }], then: [{ do: log, with: { message: opened } }] }`
    : `  rule-${index}: { when: "!driver.owned", for: ${index}m, then: [{ do: log, with: { message: gone } }] }`,
).join('\n')}
`,
);
const environment = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: bus.address, DEVICERC_STATE: join(folder, 'state') };

function start(arguments_, readyText) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, arguments_, { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const ready = new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.includes(readyText)) resolve(performance.now() - startedAt);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)));
  });
  return {
    child,
    ready,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

const bareArguments = ['-e', "console.log('ready'); setInterval(() => {}, 1e9)"];
// As the image of docker/Dockerfile starts it.
const engineArguments = ['--max-semi-space-size=1', command, 'run', file, '--log', 'json'];
const times = { bare: [], engine: [] };
for (let round_ = 0; round_ < 9; round_ += 1) {
  for (const [name, arguments_] of [
    ['bare', bareArguments],
    ['engine', engineArguments],
  ]) {
    const started = start(arguments_, name === 'bare' ? 'ready' : 'Running');
    times[name].push(await started.ready);
    await started.stop();
  }
}

const residentMegabytes = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const switches = (pid) =>
  readdirSync(`/proc/${pid}/task`)
    .map((task) =>
      Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'))[1]),
    )
    .reduce((sum, value) => sum + value, 0);

const idle = {};
for (const [name, arguments_] of [
  ['bare', bareArguments],
  ['engine', engineArguments],
]) {
  const started = start(arguments_, name === 'bare' ? 'ready' : 'Running');
  await started.ready;
  // Until what the start left behind is tidied up: V8 shrinks its heap, the ledger syncs its first records.
  await sleep(30_000);
  const before = switches(started.child.pid);
  await sleep(idleSeconds * 1000);
  idle[name] = {
    megabytes: residentMegabytes(started.child.pid),
    wakesPerMinute: ((switches(started.child.pid) - before) * 60) / idleSeconds,
  };
  await started.stop();
}
await bus.stop();
rmSync(folder, { recursive: true });

print({
  benchmark: 'start',
  bareMilliseconds: round(median(times.bare)),
  engineMilliseconds: round(median(times.engine)),
  ratio: round(median(times.engine) / median(times.bare)),
  target: '<= 3',
  idleMegabytesOverBare: round(idle.engine.megabytes - idle.bare.megabytes),
  memoryTarget: '<= 30',
  bareMegabytes: round(idle.bare.megabytes),
  wakesPerMinute: round(idle.engine.wakesPerMinute),
  bareWakesPerMinute: round(idle.bare.wakesPerMinute),
});
