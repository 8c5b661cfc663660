import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../clock/virtual-clock.js';
import { ProcessHost } from '../../host/process-host.js';
import type { BootRecord } from '../../ledger/boot-record.js';
import { SecretMask } from '../secret-mask.js';
import { BlackBox } from './black-box.js';
import { readRecordedBoots } from './recorded-boots.js';

const obstacle = process.getuid?.() === 0 ? undefined : 'it takes root to mount a disk';

(obstacle ? describe.skip : describe)(`on a full disk${obstacle ? ` (left out: ${obstacle})` : ''}`, () => {
  let disk: string;
  let folder: string;
  let clock: VirtualClock;

  beforeEach(() => {
    disk = mkdtempSync(join(tmpdir(), 'black-box-disk-'));
    folder = join(disk, 'black-box');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
    clock = new VirtualClock();
  });
  afterEach(() => {
    execFileSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true });
  });

  async function boot(number: number): Promise<BlackBox> {
    const box = new BlackBox(clock, new SecretMask(new ProcessHost()), folder);
    const boots: BootRecord[] = [{ number, id: `boot-${number}`, startedAt: 0, seenFor: 0, stopped: false }];
    await box.open(boots);
    return box;
  }

  /** Takes the last byte. */
  function fill(): void {
    spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=4k'], { stdio: 'ignore' });
  }

  const disrupt = (box: BlackBox): Promise<void> =>
    box.disrupted({ rule: 'r', run: '1', step: 's', action: 'host.reboot' });

  test('former boots stay on record, and no file is left behind by each try', async () => {
    for (let number = 1; number <= 4; number++) await (await boot(number)).close();
    fill();
    const box = await boot(5);
    for (let tries = 0; tries < 6; tries++) await disrupt(box);
    expect(box.fault).toContain('ENOSPC');
    rmSync(join(disk, 'filler'));
    await disrupt(box);
    await box.close();
    expect(box.fault).toBeUndefined();
    expect((await readRecordedBoots(folder)).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5].map((n) => `boot-${n}`));
    expect(readdirSync(folder)).toHaveLength(5);
  });

  test('what could be written in part is written once, and damages no other line', async () => {
    const box = await boot(1);
    fill();
    for (let note = 0; note < 20; note++) box.note(`${note} ${'x'.repeat(400)}`);
    for (let tries = 0; tries < 3; tries++) await disrupt(box);
    expect(box.fault).toContain('ENOSPC');
    rmSync(join(disk, 'filler'));
    await box.close();
    const [recorded] = await readRecordedBoots(folder);
    const notes = recorded!.entries.filter(({ kind }) => kind === 'engine').map(({ text }) => text.split(' ')[0]);
    expect(notes).toEqual(Array.from({ length: 20 }, (_, note) => `${note}`));
  });
});
