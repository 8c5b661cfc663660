import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** random(4), "/proc interfaces": boot_id is made anew in each boot. Undefined on a machine that does not show it. */
export async function readBootId(procPath: string): Promise<string | undefined> {
  try {
    return (await readFile(join(procPath, 'sys/kernel/random/boot_id'), 'utf8')).trim() || undefined;
  } catch {
    return undefined;
  }
}
