import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../clock/clock.js';
import { coreError } from '../../diagnostics/core-errors.js';
import { DeviceError } from '../../diagnostics/device-error.js';
import { describeError } from '../../diagnostics/user-message.js';
import { ControlConnection } from './control-connection.js';
import { socketName } from './protocol.js';
import { prepareSocketFolder } from './socket-folder.js';
import { SocketName } from './socket-name.js';

const maximumClients = 16;
/** Clients that are turned away in order at the same time; more are cut off. */
const maximumRefused = 16;

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
  #name: SocketName | undefined;

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
      server.#name = await SocketName.take(server.#server, folder);
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
      if (this.#clients.size > maximumClients + maximumRefused) client.destroy();
      else if (this.#clients.size > maximumClients) {
        client.refuse(coreError('CONTROL_BUSY', `${maximumClients} clients are connected already.`));
      }
    });
  }

  /** Closes every client, whatever it is doing, and removes the socket. */
  async close(): Promise<void> {
    await this.#name?.release();
    for (const client of this.#clients) client.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }
}
