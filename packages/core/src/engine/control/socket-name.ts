import { randomBytes } from 'node:crypto';
import { link, lstat, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { join } from 'node:path';
import { coreError } from '../../diagnostics/core-errors.js';
import { socketName } from './protocol.js';

/** Nobody but the owner may connect, from the first moment on (umask(2)). */
const ownerOnly = 0o177;

/** The name of a socket that we have taken, and may have lost since: a cleaner removes it, another engine takes it. */
export class SocketName {
  /**
   * Listens on the control socket of the folder, in place of an engine that is dead. The socket is bound under a name that
   * passes, because Node removes the name that it bound when it closes, whoever has that name by then.
   * @throws DeviceError `CONTROL_TAKEN` when another engine answers there, or the error of the file system
   */
  static async take(server: Server, folder: string): Promise<SocketName> {
    const path = join(folder, socketName);
    const bound = join(folder, `${randomBytes(3).toString('hex')}.sock`);
    await listen(server, bound);
    try {
      if (!(await isLinked(bound, path))) {
        if (await isAnswered(path)) throw coreError('CONTROL_TAKEN', `Another engine answers on ${path}.`);
        await rm(path, { force: true });
        if (!(await isLinked(bound, path))) {
          throw coreError('CONTROL_TAKEN', `Another engine has just taken ${path}.`);
        }
      }
      return new SocketName(path, (await identityOf(path))!);
    } finally {
      await rm(bound, { force: true });
    }
  }

  private constructor(
    private readonly path: string,
    private readonly identity: string,
  ) {}

  /** Removes the name, unless it is another one's by now. */
  async release(): Promise<void> {
    if ((await identityOf(this.path)) === this.identity) await rm(this.path, { force: true }).catch(() => undefined);
  }
}

/** Whether an engine could listen in this folder, as far as a socket under another name shows. */
export async function tryToListen(server: Server, folder: string): Promise<void> {
  await listen(server, join(folder, `${randomBytes(3).toString('hex')}.sock`));
  await new Promise((resolve) => server.close(resolve));
}

/** Node binds before `listen` returns, so the mask of the process is changed for that moment only. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).once('listening', () => {
      // A fault of accept(2), such as too many open files, is the client's bad luck and not the engine's end.
      server.off('error', reject).on('error', () => undefined);
      resolve();
    });
    const former = process.umask(ownerOnly);
    try {
      server.listen(path);
    } finally {
      process.umask(former);
    }
  });
}

async function isLinked(bound: string, path: string): Promise<boolean> {
  try {
    await link(bound, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Which file the name stands for; the number of an inode in use is given to no other (inode(7)). */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await lstat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** Whether somebody listens behind the name: a dead engine's socket refuses (connect(2), ECONNREFUSED). */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.destroy();
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}
