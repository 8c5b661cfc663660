/**
 * Counts signals, with bare dbus-next or through the engine to an action; prints time and CPU from first to last, for each
 * round of them.
 */
import 'reflect-metadata';
import dbus from 'dbus-next';

const [kind, file] = process.argv.slice(2);
const [wanted, rounds] = process.argv.slice(4).map(Number);
let seen = 0;
let round = 0;
let startedAt;
let startedCpu;

async function count() {
  if (seen === 0) {
    startedAt = performance.now();
    startedCpu = process.cpuUsage();
  }
  seen += 1;
  if (seen < wanted) return;
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(startedCpu);
  console.log(JSON.stringify({ perSecond: wanted / seconds, microsecondsOfCpu: (user + system) / wanted }));
  seen = 0;
  round += 1;
  if (round === rounds) process.exit(0);
}

if (kind === 'bare') {
  const bus = dbus.sessionBus({ busAddress: process.env.DBUS_SYSTEM_BUS_ADDRESS });
  bus.on('error', (error) => {
    throw error;
  });
  await bus.call(
    new dbus.Message({
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
      member: 'AddMatch',
      signature: 's',
      body: ["type='signal',interface='org.example.Bench',member='Tick'"],
    }),
  );
  bus.on('message', (message) => {
    if (message.interface === 'org.example.Bench' && message.member === 'Tick') void count();
  });
} else {
  const { Logger, RealClock, action, definePlugin, z } = await import('@devicerc/core');
  const { Engine } = await import('../packages/core/dist/engine/engine.js');
  const { SecretMask } = await import('../packages/core/dist/engine/secret-mask.js');
  const { ProcessHost } = await import('../packages/core/dist/host/process-host.js');
  const { MemoryLedger } = await import('../packages/core/dist/ledger/memory-ledger.js');
  const { default: plugin } = await import('@devicerc/plugin-dbus');

  class Count {
    run() {
      return count();
    }
  }
  action({ name: 'bench.count', summary: 'Counts.', effects: [], input: z.object({}) })(Count);
  class SilentLogger extends Logger {
    log() {}
    child() {
      return this;
    }
  }
  const host = new ProcessHost();
  const clock = new RealClock();
  const engine = await Engine.create({
    file,
    clock,
    ledger: new MemoryLedger(clock),
    host,
    log: new SilentLogger(),
    mask: new SecretMask(host),
    importModule: (specifier) => import(specifier),
    builtIn: new Map([
      ['@devicerc/plugin-dbus', async () => plugin],
      ['bench', async () => definePlugin({ name: 'bench', api: '^1.0.0', actions: [Count] })],
    ]),
  });
  await engine.start();
}
// The match rule is in force once the daemon has answered a later call of the same connection; a second is ample.
setTimeout(() => console.log('ready'), 1000);
