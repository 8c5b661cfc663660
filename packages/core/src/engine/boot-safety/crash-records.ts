import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostEnvironment } from '../../host/host-environment.js';
import type { Ledger } from '../../ledger/ledger.js';

const scope = 'boot-safety';
const seenKey = 'crash-records';

/**
 * Whether the kernel left a record of a crash that was not there before. A backend of pstore keeps the kernel's last words
 * over a reset as `dmesg-BACKEND-N` (Documentation/admin-guide/ramoops.rst); `console-*` is there after every warm reboot
 * and says nothing. Names are used again, so a record is known by its name and its time.
 */
export async function findNewCrash({ sysPath }: HostEnvironment, ledger: Ledger): Promise<boolean> {
  const seen = (ledger.read(scope, seenKey) ?? []) as readonly string[];
  const present = await crashRecords(join(sysPath, 'fs/pstore'));
  if (!present) return false;
  if (present.join() !== seen.join()) ledger.write(scope, seenKey, present);
  return present.some((record) => !seen.includes(record));
}

async function crashRecords(folder: string): Promise<readonly string[] | undefined> {
  try {
    const names = (await readdir(folder)).filter((name) => name.startsWith('dmesg-')).sort();
    return await Promise.all(names.map(async (name) => `${name} ${(await stat(join(folder, name))).mtimeMs}`));
  } catch {
    // No pstore, or the container may not look into it: another start may, and must know the records that were seen before.
    return undefined;
  }
}
