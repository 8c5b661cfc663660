import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { Duration } from '../clock/duration.js';
import { eventually } from '../clock/eventually.fixture.js';
import { VirtualClock } from '../clock/virtual-clock.js';
import { ProcessHost } from '../host/process-host.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { ChildProcesses } from '../programs/child-processes.js';
import { Ext4Disk, mountObstacle } from './ext4-disk.fixture.js';

const obstacle = mountObstacle();
const onDisk = obstacle ? test.skip : test;

let ending: (() => Promise<void>) | undefined;
afterEach(async () => {
  await ending?.();
  ending = undefined;
});

onDisk(
  `a program that waits in the kernel is given up in time${obstacle ? ` (left out: ${obstacle})` : ''}`,
  async () => {
    const disk = Ext4Disk.create();
    const clock = new VirtualClock();
    const ledger = new MemoryLedger(clock);
    const processes = new ChildProcesses(clock, new ProcessHost(), ledger);
    let isFrozen = false;
    const thaw = (): void => {
      if (isFrozen) execFileSync('fsfreeze', ['--unfreeze', disk.folder]);
      isFrozen = false;
    };
    ending = async () => {
      thaw();
      await processes.dispose();
      disk.remove();
    };
    execFileSync('fsfreeze', ['--freeze', disk.folder]);
    isFrozen = true;
    const call = { command: ['touch', join(disk.folder, 'file')], timeout: Duration.parse('10s') };
    const outcome = processes.run(call, { plugin: 'storage' }).catch((error: unknown) => error);
    await eventually(() => stateOf(recordedProcess(ledger)) === 'D');
    await clock.advance(Duration.parse('14s'));
    expect(await outcome).toMatchObject({
      code: 'PROGRAM_STUCK',
      message: 'Not even SIGKILL ends touch: it is left behind.',
      isUncertain: true,
    });
    expect(ledger.entries('programs').size).toBe(1);
    thaw();
    await eventually(() => ledger.entries('programs').size === 0);
    expect(clock.pendingTimers).toEqual([]);
  },
);

function recordedProcess(ledger: MemoryLedger): number {
  const [record] = ledger.entries('programs').values();
  return (record as unknown as { readonly process: { readonly pid: number } }).process.pid;
}

/** As proc(5) writes the state of a process: D while it waits in the kernel. */
function stateOf(pid: number): string | undefined {
  return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
}
