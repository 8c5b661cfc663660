import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import library from 'dbus-next/lib/message.js';
import { encodeBody } from './values.js';
import { messageType, theBus, type WireMessage } from './message.js';

/** A server that does to its clients what a test says, byte by byte. */
export class FakeBus {
  connections = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    readonly address: string,
  ) {}

  static async start(script: (peer: FakePeer, connection: number) => Promise<void> | void): Promise<FakeBus> {
    const folder = await mkdtemp(join(tmpdir(), 'devicerc-fake-bus-'));
    const path = join(folder, 'socket');
    const server = createServer();
    const bus = new FakeBus(server, folder, `unix:path=${path}`);
    server.on('connection', (socket) => {
      bus.sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => bus.sockets.delete(socket));
      void script(new FakePeer(socket), ++bus.connections);
    });
    server.listen(path);
    await once(server, 'listening');
    return bus;
  }

  async dispose(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The server's end of one connection. */
export class FakePeer {
  private received = Buffer.alloc(0);
  private wake: (() => void) | undefined;
  private readonly messages: WireMessage[] = [];
  private wakeReader: (() => void) | undefined;
  private serial = 0;

  constructor(readonly socket: Socket) {
    socket.on('data', this.collect);
  }

  /** Lets the client in, up to BEGIN. */
  async authenticate(): Promise<void> {
    await this.line();
    this.socket.write('OK 1234deadbeef\r\n');
    await this.line();
    this.socket.off('data', this.collect);
    const rest = this.received;
    library.unmarshalMessages(this.socket as never, (message) => this.keep(message as unknown as WireMessage), {});
    if (rest.length > 0) this.socket.unshift(rest);
  }

  /** Lets the client in and answers Hello. */
  async welcome(): Promise<void> {
    await this.authenticate();
    this.reply(await this.next(), 's', [':1.1']);
  }

  /** Answers every call with success and no values, until `stop` says so. */
  async answerAll(stop: (call: WireMessage) => boolean = () => false): Promise<WireMessage> {
    for (;;) {
      const call = await this.next();
      if (stop(call)) return call;
      this.reply(call, '', []);
    }
  }

  async next(): Promise<WireMessage> {
    while (this.messages.length === 0) await new Promise<void>((resolve) => (this.wakeReader = resolve));
    return this.messages.shift()!;
  }

  async line(): Promise<string> {
    for (;;) {
      const end = this.received.indexOf('\r\n');
      if (end >= 0) {
        const line = this.received.subarray(0, end).toString();
        this.received = this.received.subarray(end + 2);
        return line;
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  reply(call: WireMessage, signature: string, args: readonly unknown[]): void {
    this.socket.write(this.bytes({ type: messageType.methodReturn, replySerial: call.serial }, signature, args));
  }

  refuse(call: WireMessage, errorName: string, text: string): void {
    this.socket.write(this.bytes({ type: messageType.error, replySerial: call.serial, errorName }, 's', [text]));
  }

  signalBytes(member: string, signature: string, args: readonly unknown[]): Uint8Array {
    const header = { type: messageType.signal, path: '/org/example', interface: 'org.example.Fake', member };
    return this.bytes({ ...header, sender: ':1.9' }, signature, args);
  }

  private bytes(header: Partial<WireMessage>, signature: string, args: readonly unknown[]): Uint8Array {
    const body = encodeBody(signature, args);
    return library.marshall({ sender: theBus.destination, ...header, serial: ++this.serial, signature, body })[0];
  }

  private readonly collect = (bytes: Buffer): void => {
    this.received = Buffer.concat([this.received, bytes]);
    this.wake?.();
  };

  private keep(message: WireMessage): void {
    this.messages.push(message);
    this.wakeReader?.();
  }
}
