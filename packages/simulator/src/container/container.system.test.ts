import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, RealClock } from '@devicerc/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { containerObstacle, Podman } from './podman.fixture.js';

const obstacle = await containerObstacle();
const inContainer = obstacle ? describe.skip : describe;

/** Every second a shell ends before its own child does, which leaves the child to PID 1. */
const leavesOrphans = `version: 1
rules:
  orphans:
    on: [{ start: }, { schedule: { every: 1s } }]
    mode: parallel
    then:
      - do: exec
        with: { command: [/bin/sh, -c, "sleep 0.2 </dev/null >/dev/null 2>&1 & sleep 0.2 </dev/null >/dev/null 2>&1 &"] }
      - do: log
        with: { message: left two orphans }
`;

inContainer(`the image of docker/Dockerfile${obstacle ? ` (left out: ${obstacle})` : ''}`, () => {
  let clock: RealClock;
  let podman: Podman;
  let folder: string;

  beforeAll(async () => {
    clock = new RealClock();
    folder = await mkdtemp(join(tmpdir(), 'devicerc-container-'));
    await writeFile(join(folder, '.devicerc.yml'), leavesOrphans);
    podman = await Podman.create();
    await podman.buildBase('localhost/base');
    await podman.buildDevice('localhost/devicerc', 'localhost/base');
    await podman.run(
      'run',
      '--detach',
      '--name=device',
      '--network=host',
      `--volume=${folder}:/device:ro`,
      'localhost/devicerc',
    );
  }, 180_000);

  afterAll(async () => {
    await podman.dispose();
    await rm(folder, { recursive: true });
    clock.dispose();
  }, 60_000);

  test('writes its log as JSON lines', async () => {
    const lines = await logLinesWith('left two orphans');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) });
  }, 60_000);

  test('leaves no zombie of a process that lost its parent', async () => {
    const first = await orphanRuns();
    while ((await orphanRuns()) < first + 3) await clock.sleep(Duration.parse('100ms'), 'poll of the log');
    const init = Number(await podman.run('inspect', '--format={{.State.Pid}}', 'device'));
    await expect(untilNoZombies(init)).resolves.toBe(true);
  }, 60_000);

  test('is healthy while its engine runs, unhealthy while it is stopped with SIGSTOP, and healthy again', async () => {
    await logLinesWith('left two orphans');
    expect(await podman.isHealthy('device')).toBe(true);
    const init = Number(await podman.run('inspect', '--format={{.State.Pid}}', 'device'));
    const engine = (await childrenOf(init)).find(({ command }) => command.includes('devicerc.js'))!;
    process.kill(engine.pid, 'SIGSTOP');
    expect(await podman.isHealthy('device')).toBe(false);
    process.kill(engine.pid, 'SIGCONT');
    expect(await podman.isHealthy('device')).toBe(true);
  }, 60_000);

  test('ends within 8 seconds of SIGTERM, with code 0', async () => {
    const asked = clock.boottime();
    await podman.run('kill', '--signal=TERM', 'device');
    const code = await podman.run('wait', 'device');
    expect(code).toBe('0');
    expect(clock.boottime() - asked).toBeLessThan(8_000);
  }, 60_000);

  async function logLinesWith(message: string): Promise<string[]> {
    for (;;) {
      const lines = (await podman.run('logs', 'device')).split('\n').filter((line) => line !== '');
      if (lines.some((line) => line.includes(message))) return lines;
      await clock.sleep(Duration.parse('100ms'), 'poll of the log');
    }
  }

  async function orphanRuns(): Promise<number> {
    return (await logLinesWith('left two orphans')).filter((line) => line.includes('left two orphans')).length;
  }

  /** A zombie may be seen for the moment until it is waited for; one that nobody waits for stays. */
  async function untilNoZombies(init: number): Promise<boolean> {
    const deadline = clock.boottime() + 5_000;
    while ((await childrenOf(init)).some(({ state }) => state === 'Z')) {
      if (clock.boottime() > deadline) return false;
      await clock.sleep(Duration.parse('50ms'), 'poll of the zombies');
    }
    return true;
  }
});

/** Processes whose parent is `parent`, with their state (proc_pid_stat(5)) and command line. */
async function childrenOf(parent: number): Promise<{ pid: number; state: string; command: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const [state = '', parentPid] = status.slice(status.lastIndexOf(')') + 2).split(' ');
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return { pid: Number(pid), parent: Number(parentPid), state, command };
    }),
  );
  return processes.filter((process) => process.parent === parent);
}
