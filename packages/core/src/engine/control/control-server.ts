import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../clock/clock.js';
import { coreError } from '../../diagnostics/core-errors.js';
import { DeviceError } from '../../diagnostics/device-error.js';
import { describeError } from '../../diagnostics/user-message.js';
import { ControlConnection } from './control-connection.js';
import { socketName } from './protocol.js';
import { prepareSocketFolder } from './socket-folder.js';

const maximumClients = 16;

export interface ControlServerOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** The result of a request, ready for JSON; what it throws becomes the answer. */
  readonly answer: (request: unknown) => Promise<unknown>;
}

/** Answers on a Unix socket that only its own user can open: the folder has mode 0700, the socket 0600. */
export class ControlServer {
  readonly #server: Server;
  readonly #clients = new Set<ControlConnection>();

  /**
   * Replaces the socket that a dead engine left behind.
   * @throws DeviceError `CONTROL_UNAVAILABLE`, or `CONTROL_TAKEN` when another engine answers there
   */
  static async open(options: ControlServerOptions): Promise<ControlServer> {
    const { folder } = options;
    const path = join(folder, socketName);
    const server = new ControlServer(options);
    try {
      await prepareSocketFolder(folder);
      if (!(await server.#listen(path))) {
        if (await isAnswered(path)) throw coreError('CONTROL_TAKEN', `Another engine answers on ${path}.`);
        await rm(path, { force: true });
        if (!(await server.#listen(path))) throw coreError('CONTROL_TAKEN', `Another engine has just taken ${path}.`);
      }
      await chmod(path, 0o600);
      return server;
    } catch (error) {
      await server.close();
      if (error instanceof DeviceError) throw error;
      throw coreError(
        'CONTROL_UNAVAILABLE',
        `The control socket ${path} cannot be opened: ${describeError(error).message}.`,
      );
    }
  }

  private constructor({ clock, answer }: ControlServerOptions) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const client = new ControlConnection(socket, { clock, answer, onClose: () => this.#clients.delete(client) });
      this.#clients.add(client);
      if (this.#clients.size > maximumClients) {
        client.refuse(coreError('CONTROL_BUSY', `${maximumClients} clients are connected already.`));
      }
    });
  }

  /** Closes every client, whatever it is doing, and removes the socket. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  /** @returns whether it listens; not when the name is in use */
  #listen(path: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => {
        this.#server.off('listening', onListening);
        if (error.code === 'EADDRINUSE') resolve(false);
        else reject(error);
      };
      const onListening = (): void => {
        this.#server.off('error', onError);
        // A fault of accept(2), such as too many open files, is the client's bad luck and not the engine's end.
        this.#server.on('error', () => undefined);
        resolve(true);
      };
      this.#server.once('error', onError).once('listening', onListening).listen(path);
    });
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
