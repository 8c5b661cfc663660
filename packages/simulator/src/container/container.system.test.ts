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
    while ((await zombiesOf(init)) > 0) {
      if (clock.boottime() > deadline) return false;
      await clock.sleep(Duration.parse('50ms'), 'poll of the zombies');
    }
    return true;
  }
});

/** Processes in state Z whose parent is `parent` (proc_pid_stat(5)). */
async function zombiesOf(parent: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const states = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const [state, parentPid] = status.slice(status.lastIndexOf(')') + 2).split(' ');
      return state === 'Z' && Number(parentPid) === parent;
    }),
  );
  return states.filter(Boolean).length;
}
