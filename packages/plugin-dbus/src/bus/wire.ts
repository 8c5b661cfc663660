import type { Socket } from 'node:net';
import { messageType, type WireMessage } from './message.js';

/** What a reader of messages tells its owner. Neither may throw. */
export interface MessageSink {
  message(message: WireMessage): void;
  /** One message could not be read; its end is known, so that the next one can. */
  unreadable(error: unknown): void;
  /** The bytes are no D-Bus messages: the connection is of no more use (D-Bus specification, "Invalid Protocol"). */
  broken(reason: string): void;
}

/** Bytes to messages and back. The only file that knows the D-Bus library, so that another one can take its place. */
export interface Wire {
  read(socket: Socket, sink: MessageSink): void;
  /** @throws whatever the library throws at a body that does not fit its signature */
  write(message: WireMessage): Uint8Array;
}

/** D-Bus specification, "Message Format": 128 MiB, header included. */
const longestMessage = 2 ** 27;

/**
 * Loads the library on first use, which keeps the start of the engine short. Its own bus and connection classes are left
 * aside: they never tell that a connection ended, and let errors of a peer end the process.
 */
export async function loadWire(): Promise<Wire> {
  const { default: library } = await import('dbus-next/lib/message.js');
  return {
    read: (socket, sink) => {
      const source = new FrameSource(socket, sink);
      library.unmarshalMessages(source, (message) => sink.message(message as unknown as WireMessage), {});
      source.start();
    },
    write: (message) => library.marshall({ ...message, flags: 0, type: messageType.methodCall })[0],
  };
}

/** The stream that the library's parser reads from: the socket, with what is not a message kept away from it. */
class FrameSource {
  private parse = (): void => {};
  private atHeader = true;

  constructor(
    private readonly socket: Socket,
    private readonly sink: MessageSink,
  ) {}

  on(_event: 'readable', listener: () => void): void {
    this.parse = listener;
  }

  start(): void {
    this.socket.on('readable', () => this.readAll());
    this.readAll();
  }

  /** At the end of a stream `read` hands out what is left; a message that was cut off is none. */
  read(size: number): Uint8Array | null {
    if (size > longestMessage) return this.broken(`a message claims to be ${size} bytes long`);
    const bytes = this.socket.read(size) as Buffer | null;
    if (bytes === null || bytes.length < size) return null;
    const isHeader = this.atHeader;
    this.atHeader = !isHeader;
    if (!isHeader) return bytes;
    const byteOrder = String.fromCharCode(bytes[0]!);
    if (byteOrder !== 'l' && byteOrder !== 'B') return this.broken('what arrived is not a message');
    if (bytes[3] !== 1) return this.broken(`a message is of protocol version ${bytes[3]}`);
    return bytes;
  }

  /** The parser throws at a message it cannot read; by then it has taken the whole of it from the socket. */
  private readAll(): void {
    for (;;) {
      try {
        return this.parse();
      } catch (error) {
        this.sink.unreadable(error);
      }
    }
  }

  private broken(reason: string): null {
    this.sink.broken(reason);
    return null;
  }
}
