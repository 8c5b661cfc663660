import { execFileSync } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../clock/eventually.fixture.js';
import { Ext4Disk, mountObstacle } from '../engine/ext4-disk.fixture.js';
import { BeatingEngine } from './beating-engine.fixture.js';

const obstacle = mountObstacle();
const onDisk = obstacle ? describe.skip : describe;

onDisk(`run, whose log is a file that hangs${obstacle ? ` (left out: ${obstacle})` : ''},`, () => {
  let disk: Ext4Disk;
  let engine: BeatingEngine;
  let isFrozen: boolean;

  /** A frozen file system lets every write wait, as a dead server of network files does (fsfreeze(8)). */
  function freeze(isOn: boolean): void {
    execFileSync('fsfreeze', [isOn ? '--freeze' : '--unfreeze', disk.folder]);
    isFrozen = isOn;
  }

  beforeEach(() => {
    disk = Ext4Disk.create();
    engine = new BeatingEngine();
    isFrozen = false;
  });
  afterEach(async () => {
    if (isFrozen) freeze(false);
    engine.remove();
    // The process that was killed may still have the file open.
    await eventually(() => {
      disk.remove();
      return true;
    });
  });

  test('goes on with its rules, and with the log when it hangs no more', async () => {
    const log = join(disk.folder, 'log');
    const descriptor = openSync(log, 'a');
    engine.start(descriptor);
    closeSync(descriptor);
    await engine.beatsAgain();
    freeze(true);
    for (let times = 0; times < 3; times++) await engine.beatsAgain();
    freeze(false);
    const before = statSync(log).size;
    await eventually(() => statSync(log).size > before + 100_000);
    expect(await engine.codeAfterSigterm()).toBe(0);
  }, 60_000);
});
