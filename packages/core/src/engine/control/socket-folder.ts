import { lstat, stat } from 'node:fs/promises';
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
    throw unavailable(`The path ${path} is longer than a socket's may be (${longestPath} bytes).`);
  }
  makeFolder(folder);
  const { mode, uid } = await stat(folder);
  if (uid !== ownUser())
    throw unavailable(`${folder} belongs to another user (${uid}), who could answer in our place.`);
  if ((mode & 0o022) !== 0) {
    throw unavailable(`Other users can write in ${folder}, so they could answer in our place.`);
  }
  const present = await lstat(path).catch(unlessMissing);
  // Docker makes a folder of the missing source of a bind mount.
  if (present && !present.isSocket()) {
    throw unavailable(`${path} is ${present.isDirectory() ? 'a folder' : 'a file'}, no socket.`);
  }
}

/**
 * Makes sure that a client would talk to its own user's engine. What another user's answers is no answer, and what it is
 * asked is not for that user.
 * @throws DeviceError `ENGINE_NOT_RUNNING`, `CONTROL_UNAVAILABLE`, or the error of the file system
 */
export async function checkSocket(path: string): Promise<void> {
  const socket = await stat(path).catch(unlessMissing);
  if (!socket) throw coreError('ENGINE_NOT_RUNNING', `No engine answers on ${path}.`);
  if (!socket.isSocket()) throw unavailable(`${path} is ${socket.isDirectory() ? 'a folder' : 'a file'}, no socket.`);
  if (socket.uid !== ownUser()) {
    throw unavailable(`${path} belongs to another user (${socket.uid}): ask as that user.`);
  }
}

function ownUser(): number {
  return process.geteuid!();
}

function unavailable(message: string): Error {
  return coreError('CONTROL_UNAVAILABLE', message);
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
