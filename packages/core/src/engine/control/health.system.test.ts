import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RealClock } from '../../clock/real-clock.js';
import { ControlServer } from './control-server.js';
import { healthOf } from './health.js';

const obstacle = process.getuid?.() === 0 ? undefined : 'it takes root to mount something';
const withMounts = obstacle ? describe.skip : describe;

withMounts(`health is not known, and so good${obstacle ? ` (left out: ${obstacle})` : ''},`, () => {
  let folder: string;
  let mounted: string[];
  let clock: RealClock;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'health-')), 'run');
    mkdirSync(folder, { mode: 0o700 });
    mounted = [];
    clock = new RealClock();
  });
  afterEach(() => {
    for (const path of mounted) execFileSync('umount', [path]);
    clock.dispose();
    rmSync(join(folder, '..'), { recursive: true });
  });

  function mount(...words: [...string[], string]): void {
    execFileSync('mount', words, { stdio: 'pipe' });
    mounted.push(words.at(-1)!);
  }

  async function expectGoodWithoutSocket(): Promise<void> {
    const opened = ControlServer.open({ folder, clock, answer: async () => null });
    await expect(opened).rejects.toMatchObject({ code: 'CONTROL_UNAVAILABLE' });
    expect(await healthOf(folder, clock)).toMatchObject({ healthy: true });
  }

  test('where the file system of the runtime folder has no room for a socket', async () => {
    mount('-t', 'tmpfs', '-o', 'nr_inodes=2,mode=700', 'none', folder);
    writeFileSync(join(folder, 'last'), '');
    await expectGoodWithoutSocket();
  });

  test('where the socket of an engine that is dead is mounted in the place of our own', async () => {
    const dead = join(folder, '..', 'dead.sock');
    const script = `require('net').createServer().listen(${JSON.stringify(dead)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    writeFileSync(join(folder, 'control.sock'), '');
    mount('--bind', dead, join(folder, 'control.sock'));
    await expectGoodWithoutSocket();
  });
});
