import { execFileSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, RealClock } from '@devicerc/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PrivateBus } from '../bus/private-bus.js';
import { EngineLife } from './engine-life.fixture.js';

/** A rule that shows that the engine runs, and goes on while others hang. */
const beat = { on: [{ schedule: { every: '200ms' } }], then: [{ do: 'log', with: { message: 'beat' } }] };
const patience = Duration.parse('20s');
const givenUpAfter = Duration.parse('12s');
const isRoot = process.getuid?.() === 0;

let clock: RealClock;
let folder: string;
let life: EngineLife | undefined;
let lines: string[];
beforeEach(async () => {
  clock = new RealClock();
  folder = await mkdtemp(join(tmpdir(), 'devicerc-stop-'));
  lines = [];
});
afterEach(async () => {
  if (life && !life.isOver) await life.end('SIGKILL');
  life = undefined;
  await rm(folder, { recursive: true });
  clock.dispose();
});

async function start(
  rules: object,
  more: { file?: object; command?: readonly string[]; bus?: string } = {},
): Promise<void> {
  await writeFile(join(folder, '.devicerc.yml'), JSON.stringify({ version: 1, ...more.file, rules }));
  life = EngineLife.start({
    folder,
    variables: { DBUS_SYSTEM_BUS_ADDRESS: more.bus ?? `unix:path=${join(folder, 'none')}` },
    clock,
    ...(more.command && { command: more.command }),
    onLine: ({ message, rule }) => lines.push(`${rule ?? ''} ${message}`),
  });
}

async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = clock.boottime() + patience.milliseconds;
  while (!(await check())) {
    if (life!.isOver || clock.boottime() > deadline) throw new Error(`It did not come to it:\n${life!.lastLines}`);
    await clock.sleep(Duration.parse('20ms'), 'poll of the engine');
  }
}

const says = (text: string): Promise<void> => until(() => lines.some((line) => line.includes(text)));

/** A moment in which what hangs has begun to hang. */
const moment = (): Promise<void> => clock.sleep(Duration.parse('1s'), 'what hangs');

/** Asks it to end; the test goes on, and fails, where it does not. */
async function end(): Promise<{ code: number | null; took: number | true }> {
  const late = clock.schedule(givenUpAfter.milliseconds, () => life!.send('SIGKILL'), 'an engine that does not end');
  const { code, took } = await life!.end('SIGTERM');
  late.cancel();
  return { code, took: took < 8_000 || took };
}

const inTime = { code: 0, took: true };

describe('SIGTERM ends it within 8 s and with code 0', () => {
  test('while a run never waits', async () => {
    const nothing = { do: 'log', if: 'false', with: { message: 'never' } };
    const endless = (then: object): object => ({ repeat: { while: 'true', max: 1_000_000, then: [then] } });
    await start({ endless: { on: [{ start: null }], then: [endless(endless(nothing))] } });
    await says('endless runs');
    await moment();
    expect(await end()).toEqual(inTime);
  });

  test('while programs ignore SIGTERM, and leaves none of them: of a run, of its finally, of a hold, and a grandchild', async () => {
    // They end by themselves in a minute, should the engine leave them.
    const ignores = (name: string): string =>
      `trap '' TERM; echo > is-${name}; for second in $(seq 60); do sleep 1; done`;
    const program = (command: string): object => ({
      do: 'exec',
      with: { command: ['sh', '-c', command], cwd: folder },
    });
    await start({
      runs: { on: [{ start: null }], then: [program(ignores('run'))], finally: [program(ignores('finally'))] },
      holds: { while: 'device.uptime > duration("0s")', hold: program(ignores('hold')) },
      leaves: { on: [{ start: null }], then: [program(`(${ignores('grandchild')}) & exec sleep 60`)] },
    });
    for (const name of ['run', 'hold', 'grandchild']) await until(() => existsSync(join(folder, `is-${name}`)));
    expect(await end()).toEqual(inTime);
    // The kernel ends what the engine left; a `sleep 1` of it comes to its end by itself.
    const deadline = clock.boottime() + 3_000;
    while ((await programsLeft()).length > 0 && clock.boottime() < deadline) {
      await clock.sleep(Duration.parse('50ms'), 'end of the programs');
    }
    expect(await programsLeft()).toEqual([]);
  });

  test('while nobody reads its terminal', async () => {
    const line = { do: 'log', with: { message: `line ${'x'.repeat(4_000)}` } };
    // script(1) gives it a terminal, and reads no more of it once it is stopped.
    const inside = `echo \\$\\$ > ${join(folder, 'pid')}; exec $*`;
    const command = ['sh', '-c', `exec script --quiet --command "${inside}" /dev/null`, 'sh'];
    await start({ talks: { on: [{ schedule: { every: '100ms' } }], then: [line] } }, { command });
    await says('line');
    life!.send('SIGSTOP');
    await moment();
    const engine = Number(await readFile(join(folder, 'pid'), 'utf8'));
    process.kill(engine, 'SIGTERM');
    const asked = clock.boottime();
    while ((await exitCodeOf(engine)) === undefined && clock.boottime() < asked + givenUpAfter.milliseconds) {
      await clock.sleep(Duration.parse('20ms'), 'end of the engine');
    }
    const took = clock.boottime() - asked;
    const code = await exitCodeOf(engine);
    process.kill(engine, 'SIGKILL');
    expect({ code, took: took < 8_000 || took }).toEqual(inTime);
  });

  test('while an included file would hang at a reload; at a start it ends by itself', async () => {
    execFileSync('mkfifo', [join(folder, 'never.yml')]);
    await start({ beat });
    await says('beat');
    await writeFile(
      join(folder, '.devicerc.yml'),
      JSON.stringify({ version: 1, include: ['never.yml'], rules: { beat } }),
    );
    life!.send('SIGHUP');
    await moment();
    expect(await end()).toEqual(inTime);
    // A pipe is refused before it is read, so that there is nothing to end.
    await start({ beat }, { file: { include: ['never.yml'] } });
    await until(() => life!.isOver);
    expect(await end()).toEqual({ code: 78, took: true });
  });
});

describe('SIGTERM ends it within 8 s and with code 0 while a receiver', () => {
  let server: Server;
  let arrived: number;
  beforeEach(async () => {
    arrived = 0;
    server = createServer(() => (arrived += 1));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('does not answer', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const send = { do: 'notify.webhook', with: { url, body: 'hi' } };
    await start({
      one: { on: [{ start: null }], then: [send], finally: [send] },
      two: { on: [{ stop: null }], then: [send] },
    });
    await until(() => arrived > 0);
    expect(await end()).toEqual(inTime);
  });
});

describe('SIGTERM ends it within 8 s and with code 0 while the bus', () => {
  let bus: PrivateBus;
  beforeEach(async () => {
    bus = await PrivateBus.start(folder);
  });
  afterEach(() => bus.stop());

  const onBus = {
    file: {
      plugins: [{ use: '@devicerc/plugin-dbus' }],
      streams: { sensor: { from: 'dbus.name', with: { name: 'org.example.Sensor' } } },
    },
  };
  const call = {
    do: 'dbus.call',
    with: { destination: 'org.freedesktop.DBus', path: '/', interface: 'org.freedesktop.DBus', member: 'GetId' },
  };
  const onBusRules = {
    beat,
    asks: { on: [{ schedule: { every: '500ms' } }], then: [call], finally: [call] },
    knows: { when: 'sensor.owned', then: [call] },
  };

  test('is dead', async () => {
    await start(onBusRules, { ...onBus, bus: bus.address });
    await says('Connected to the system bus');
    await bus.stop();
    await moment();
    expect(await end()).toEqual(inTime);
  });

  test('is there and does nothing', async () => {
    await start(onBusRules, { ...onBus, bus: bus.address });
    await says('Connected to the system bus');
    bus.freeze();
    await moment();
    expect(await end()).toEqual(inTime);
  });
});

(isRoot ? describe : describe.skip)(
  `SIGTERM ends it${isRoot ? '' : ' (left out: it takes port 53, which only root may)'}`,
  () => {
    let resolver: Socket;
    let asked: number;
    beforeEach(async () => {
      asked = 0;
      resolver = createSocket('udp4', () => (asked += 1));
      resolver.bind(53, '127.0.53.53');
      await once(resolver, 'listening');
    });
    afterEach(async () => {
      resolver.close();
      await once(resolver, 'close');
    });

    test('within 8 s and with code 0 while no resolver answers', async () => {
      const configuration = join(folder, 'resolv.conf');
      await writeFile(configuration, 'nameserver 127.0.53.53\noptions timeout:30 attempts:5\n');
      const command = [
        'unshare',
        '--mount',
        'sh',
        '-c',
        `mount --bind ${configuration} /etc/resolv.conf && exec "$@"`,
        'sh',
      ];
      // More names than the process has threads to ask for them.
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      const rule = (name: string): object => ({
        on: [{ start: null }],
        then: [{ do: 'notify.webhook', with: { url: `http://${name}.example.org/hook`, body: 'hi' } }],
      });
      await start(Object.fromEntries(names.map((name) => [name, rule(name)])), { command });
      await until(() => asked > 3);
      expect(await end()).toEqual(inTime);
    });
  },
);

/** Command lines of the processes that work in the folder of the test. */
async function programsLeft(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(
    pids.map(async (pid) => ({
      cwd: await readlink(`/proc/${pid}/cwd`).catch(() => ''),
      command: await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
    })),
  );
  return all.filter(({ cwd }) => cwd === folder).map(({ command }) => command);
}

/** The exit code of a process that has ended and that its parent has not asked for yet (proc_pid_stat(5), state and exit_code). */
async function exitCodeOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .trim()
    .split(' ');
  return fields[0] === 'Z' ? Number(fields.at(-1)) >> 8 : undefined;
}
