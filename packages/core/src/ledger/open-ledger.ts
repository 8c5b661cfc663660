import type { Clock } from '../clock/clock.js';
import { coreError } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import type { Logger } from '../diagnostics/logger.js';
import { readBootId } from '../host/boot-id.js';
import type { HostEnvironment } from '../host/host-environment.js';
import { stateFolderOf } from '../host/state-folder.js';
import { FileLedger } from './file-ledger.js';
import type { Ledger } from './ledger.js';
import { MemoryLedger } from './memory-ledger.js';
import { DiskFolder } from './storage/disk-folder.js';

export interface LedgerSurroundings {
  readonly host: HostEnvironment;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether the boots are those of a simulated device, which empty no memory of this machine. Default false. */
  readonly isSimulated?: boolean;
  /** Whether no rule acts: then nothing may be kept that an engine that acts would take for its own. Default false. */
  readonly isShadow?: boolean;
}

/**
 * Opens the ledger in the state folder of this machine; where there can be none, or boots cannot be told apart, one in
 * memory, which is told loudly. In shadow it is in memory, and the state folder is not touched.
 * @throws DeviceError `LEDGER_IN_USE`, `LEDGER_FORMAT_UNKNOWN`
 */
export async function openLedger({
  host,
  clock,
  log,
  isSimulated = false,
  isShadow = false,
}: LedgerSurroundings): Promise<Ledger> {
  const path = stateFolderOf(host);
  if (isShadow) return inShadow(path, clock, log);
  const bootId = await readBootId(host.procPath);
  if (bootId === undefined) return withoutBootId(path, clock, log);
  let folder: DiskFolder | undefined;
  try {
    folder = await DiskFolder.open(path);
    if (folder.unlocked !== undefined) {
      log.warn(`Nothing keeps a second engine from ${path}: ${folder.unlocked}.`);
    }
    const medium = isSimulated ? 'disk' : folder.medium(host.procPath);
    if (medium === 'layer') tellLayer(path, log);
    const volatile = medium === 'memory' ? { volatile: tellVolatile(path, log) } : {};
    return FileLedger.open({ folder, clock, log, bootId, ...volatile });
  } catch (error) {
    folder?.close();
    if (error instanceof DeviceError) throw error;
    return withoutFolder(path, error as Error, clock, log);
  }
}

function inShadow(path: string, clock: Clock, log: Logger): Ledger {
  log.info(`In shadow nothing acts and nothing is kept: the state folder ${path} is left alone.`);
  return new MemoryLedger(clock, { durable: false, reason: 'in shadow nothing is kept' });
}

function tellLayer(path: string, log: Logger): void {
  const { remedy } = coreError('LEDGER_MISSING', '');
  log.warn(
    `The state folder ${path} lies in the container's own layer: it is lost when the container is made anew, and with it timers, limits and messages that wait.`,
    { remedy },
  );
}

function tellVolatile(path: string, log: Logger): string {
  const reason = 'the state folder lies in memory, and a boot forgets it';
  const { code, remedy } = coreError('LEDGER_MISSING', reason);
  log.error(
    `The state folder ${path} is on a tmpfs, or on an overlay that writes to one. Timers and limits start anew at every boot, and actions that reboot or shut down are refused.`,
    { code, remedy },
  );
  return reason;
}

/** A record that takes two boots for one counts no short boots, and one boot for two counts its time twice. */
function withoutBootId(path: string, clock: Clock, log: Logger): Ledger {
  const reason = 'the boot_id of the kernel cannot be read';
  const what = `The machine does not tell its boots apart: ${reason}. The state folder ${path} is left alone.`;
  return withoutRecord(coreError('BOOT_ID_MISSING', reason), what, clock, log);
}

function withoutFolder(path: string, cause: Error, clock: Clock, log: Logger): Ledger {
  const error = coreError('LEDGER_MISSING', `there is no state folder: ${cause.message}`);
  return withoutRecord(error, `The state folder ${path} cannot be used: ${cause.message}.`, clock, log);
}

function withoutRecord(
  { code, remedy, message: reason }: DeviceError,
  what: string,
  clock: Clock,
  log: Logger,
): Ledger {
  log.error(
    `${what} Timers and limits start anew at every restart, and actions that reboot or shut down are refused.`,
    { code, remedy },
  );
  return new MemoryLedger(clock, { durable: false, reason });
}
