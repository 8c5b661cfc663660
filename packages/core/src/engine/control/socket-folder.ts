import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { coreError } from '../../diagnostics/core-errors.js';
import { makeFolder } from '../../host/make-folder.js';
import { socketName } from './protocol.js';

/** sockaddr_un of unix(7) holds 108 bytes with the final zero; a longer path would be cut. */
const longestPath = 107;

/**
 * Makes the folder of the control socket, for its owner alone.
 * @throws DeviceError `CONTROL_UNAVAILABLE` when no socket may lie there, or the error of the file system
 */
export async function prepareSocketFolder(folder: string): Promise<void> {
  const path = join(folder, socketName);
  if (Buffer.byteLength(path) > longestPath) {
    throw coreError('CONTROL_UNAVAILABLE', `The path ${path} is longer than a socket's may be (${longestPath} bytes).`);
  }
  makeFolder(folder);
  if (((await stat(folder)).mode & 0o022) !== 0) {
    throw coreError('CONTROL_UNAVAILABLE', `Other users can write in ${folder}, so they could answer in our place.`);
  }
}
