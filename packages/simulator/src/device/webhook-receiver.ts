import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** An HTTP server on a free port of 127.0.0.1 that takes whatever is sent to `/hook`. */
export class WebhookReceiver {
  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(onWebhook: (body: unknown) => void): Promise<WebhookReceiver> {
    const server = createServer((request, response) => {
      void readBody(request).then((body) => {
        onWebhook(body);
        response.writeHead(204).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new WebhookReceiver(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, server);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

/** The JSON that was sent; null when it was none. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  try {
    return await json(request);
  } catch {
    return null;
  }
}
