import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Foundation } from './generation.js';

const scope = 'engine';
const bootKey = 'boot-id';

/** Tells the rules that the engine started, and that the machine did where the ledger has not seen this boot yet. */
export async function announceBoot({ host, ledger, lifecycle }: Foundation): Promise<void> {
  const bootId = await readBootId(host.procPath);
  const isNewBoot = ledger.read(scope, bootKey) !== bootId;
  if (isNewBoot) {
    ledger.write(scope, bootKey, bootId);
    await ledger.commit();
    lifecycle.boot.next({ reason: 'unknown', bootId });
  }
  lifecycle.start.next({ reason: isNewBoot ? 'boot' : 'restart' });
}

/** random(4), "/proc interfaces": boot_id is made anew in each boot. A machine without procfs has one boot for us. */
async function readBootId(procPath: string): Promise<string> {
  try {
    return (await readFile(join(procPath, 'sys/kernel/random/boot_id'), 'utf8')).trim();
  } catch {
    return 'unknown';
  }
}
