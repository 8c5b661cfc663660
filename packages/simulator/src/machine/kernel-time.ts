import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * The kernel's estimate of its clock's error, which timedated's NTPSynchronized is read from (adjtimex(2)): below 16 s
 * it is synchronised. The clock itself is not touched. The kernel has one for all containers.
 */
export async function setKernelSynchronized(synchronized: boolean): Promise<void> {
  await execute('adjtimex', ['-m', synchronized ? '1000' : '16000000']);
}

/** The state of a kernel that nobody synchronises. */
export async function restoreKernelTime(): Promise<void> {
  await execute('adjtimex', ['-f', '0', '-t', '10000', '--status', '64', '-m', '16000000']);
}
