import { coreError } from '../diagnostics/core-errors.js';
import { blackBoxFolder } from '../engine/black-box/black-box-file.js';
import { readRecordedBoots, selectBoot, type RecordedBoot } from '../engine/black-box/recorded-boots.js';
import { readBootId } from '../host/boot-id.js';
import { ProcessHost } from '../host/process-host.js';

/**
 * The black box of a boot: 0 is the present one, -1 the one before it. No engine needs to run.
 * @throws DeviceError `BOOT_UNKNOWN`
 */
export async function recordedBoot(index: number): Promise<RecordedBoot> {
  const host = new ProcessHost();
  const folder = blackBoxFolder(host);
  const boots = await readRecordedBoots(folder);
  const boot = selectBoot(boots, (await readBootId(host.procPath)) ?? 'unknown', index);
  if (boot) return boot;
  throw coreError('BOOT_UNKNOWN', `There is no record of boot ${index} in ${folder} (${boots.length} are there).`);
}
