import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

/** What a receiver does once it has read a request; a connection that it does not close stays open. */
export type Answer = (socket: Socket) => void;

const ok = 'HTTP/1.1 200 OK\r\n';
const hugeHeader = `x-fill: ${'x'.repeat(100_000)}\r\n`;
const earlyHint = 'HTTP/1.1 103 Early Hints\r\n';
const megabytes = Buffer.alloc(2 * 1024 * 1024, 'x');
const zippedZeros = gzipSync(Buffer.alloc(64 * 1024 * 1024));

/** 2xx, and then a body, or the rest of a header, that cannot be read to its end, or never ends. */
export const deliveries: Readonly<Record<string, Answer>> = {
  'a plain answer': writing(`${ok}content-length: 2\r\n\r\nok`),
  'an answer without a body': closing('HTTP/1.1 204 No Content\r\n\r\n'),
  'an answer of HTTP/1.0': closing('HTTP/1.0 201 Created\r\n\r\nfine'),
  'a body over 1 MiB': writing(`${ok}content-length: ${megabytes.length}\r\n\r\n`, megabytes),
  'endless events': pacing(endless(`${ok}transfer-encoding: chunked\r\n\r\n`, '9\r\ndata: x\n\n\r\n')),
  'a body that never begins': writing(`${ok}content-type: text/event-stream\r\n\r\n`),
  'a body shorter than its length': closing(`${ok}content-length: 1000\r\n\r\nabc`),
  'a body that is reset': resetting(`${ok}content-length: 1000\r\n\r\nabc`),
  'gzip that is none': closing(`${ok}content-encoding: gzip\r\ncontent-length: 5\r\n\r\nplain`),
  'gzip of 64 MiB': closing(`${ok}content-encoding: gzip\r\n\r\n`, zippedZeros),
  'broken chunks': closing(`${ok}transfer-encoding: chunked\r\n\r\nno length\r\n\r\n`),
  'two lengths': closing(`${ok}content-length: 1\r\ncontent-length: 2\r\n\r\nab`),
  'a header of 100 kB': closing(`${ok}${hugeHeader}\r\n`),
  'a header of 100 kB in many packets': pacing([ok, ...hugeHeader.match(/.{1,5000}/gs)!, '\r\n']),
  'a header without an end': pacing(endless(ok, hugeHeader)),
  'a header that stops': writing(`${ok}content-le`),
  'a header that is reset': resetting(`${ok}content-le`),
  'a broken header': closing(`${ok}no header\r\n\r\n`),
  'one byte after the other': pacing(`${ok}content-length: 2\r\n\r\nok`),
  'an answer after early hints': writing(
    `${earlyHint}link: </a>\r\n\r\n${earlyHint}\r\n${ok}content-length: 9\r\n\r\n`,
  ),
  'an answer after a 100, byte by byte': pacing(`HTTP/1.1 100 Continue\r\n\r\n${ok}content-length: 9\r\n\r\n`),
  'a header of 100 kB after an early hint': writing(`${earlyHint}\r\n${ok}${hugeHeader}\r\n`),
};

/** No yes, or none that can be known for one: the message is sent again. */
export const failures: Readonly<Record<string, Answer>> = {
  'busy, for 3,000 years': closing('HTTP/1.1 503 Busy\r\nretry-after: 99999999999\r\ncontent-length: 0\r\n\r\n'),
  'busy, with an endless body': pacing(endless('HTTP/1.1 500 Busy\r\n\r\n', 'x')),
  'busy, with a header of 100 kB': closing(`HTTP/1.1 502 Bad Gateway\r\n${hugeHeader}\r\n`),
  'a login page': closing('HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n'),
  'a status below 100': closing('HTTP/1.1 099 What\r\ncontent-length: 0\r\n\r\n'),
  'closed without a word': (socket) => void socket.end(),
  'reset without a word': (socket) => void socket.resetAndDestroy(),
  'reset in the status': resetting('HTTP/1.1 2'),
  'another protocol': closing('SSH-2.0-OpenSSH_9.2\r\n'),
  'another protocol that speaks of 200': closing(`220 mail.example ESMTP\r\n${ok}\r\n`),
  'another protocol from here on': closing('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  'early hints only': closing(`${earlyHint}\r\n`),
  'an early hint without an end': pacing(endless(earlyHint, hugeHeader)),
};

/** Nothing comes of these; the sender has to lose its patience. */
export const silences: Readonly<Record<string, Answer>> = {
  silence: () => undefined,
  'half a status': writing('HTTP/1.1 2'),
  'early hints without an end': pacing(endless('', `${earlyHint}\r\n`)),
};

/** A no that is meant. */
export const refusals: Readonly<Record<string, Answer>> = {
  'not found': closing('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'),
  'gone, with a body that is reset': resetting('HTTP/1.1 410 Gone\r\ncontent-length: 1000\r\n\r\nx'),
  'denied, with gzip that is none': closing('HTTP/1.1 403 No\r\ncontent-encoding: gzip\r\n\r\nplain'),
};

/** Takes each request whole, and answers as its user says. */
export class MisbehavingReceiver {
  /** The idempotency keys of the requests, in the order of their arrival. */
  readonly keys: string[] = [];
  answer: (key: string) => Answer = () => deliveries['a plain answer']!;
  readonly #server: Server = createServer((socket) => this.#serve(socket));
  readonly #sockets = new Set<Socket>();

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    let request = '';
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      request += chunk.toString('latin1');
      const [header = '', body] = request.split('\r\n\r\n');
      if (body === undefined || body.length < Number(/content-length: (\d+)/i.exec(header)?.[1] ?? 0)) return;
      request = '';
      const key = /idempotency-key: (.*)/i.exec(header)![1]!;
      this.keys.push(key);
      this.answer(key)(socket);
    });
  }
}

function writing(...parts: readonly (string | Buffer)[]): Answer {
  return (socket) => parts.forEach((part) => socket.write(part));
}

function closing(...parts: readonly (string | Buffer)[]): Answer {
  return (socket) => {
    writing(...parts)(socket);
    socket.end();
  };
}

/** Some turns after the answer: a reset makes the kernel forget what the other side has not read yet. */
function resetting(text: string): Answer {
  return (socket) => {
    socket.write(text);
    let turns = 20;
    const wait = (): void => void (turns-- > 0 ? setImmediate(wait) : socket.resetAndDestroy());
    wait();
  };
}

/** Each part in a packet of its own. */
function pacing(parts: Iterable<string>): Answer {
  return (socket) => {
    const rest = parts[Symbol.iterator]();
    const next = (): void => {
      const { value, done } = rest.next();
      if (!done && !socket.destroyed) socket.write(value, () => setImmediate(next));
    };
    socket.setNoDelay();
    next();
  };
}

function* endlessly(start: string, text: string): Generator<string> {
  yield start;
  for (;;) yield text;
}

/** Can be gone through more than once. */
function endless(start: string, text: string): Iterable<string> {
  return { [Symbol.iterator]: () => endlessly(start, text) };
}
