import { Agent as HttpAgent, type ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { CancelableRequest, OptionsInit, Response } from 'got';
import type { Clock } from '../clock/clock.js';
import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import { AnswerStatus } from './answer-status.js';
import { isHeaderName, isHeaderValue } from './http-headers.js';
import { HttpAnswer, HttpClient, type HttpRequest } from './http-client.js';

const defaultTimeout = Duration.parse('30s');
const defaultSizeLimit = 1024 * 1024;

/** How far a request has come. */
interface Exchange {
  readonly origin: string;
  readonly answer: Promise<Response<Buffer>>;
  /** Of the answer, as soon as its first line is here. */
  readonly status: Promise<number>;
  /** The request may have arrived: a connection to the server was there. */
  isSent: boolean;
  knownStatus: number | undefined;
}

export class GotHttpClient extends HttpClient {
  #library: ReturnType<typeof loadLibrary> | undefined;

  constructor(private readonly clock: Clock) {
    super();
  }

  override request(request: HttpRequest): Promise<HttpAnswer> {
    const { sizeLimit = defaultSizeLimit } = request;
    return this.#send(request, async (exchange) => {
      const { statusCode, headers, body } = await exchange.answer;
      if (body.length > sizeLimit) throw tooLarge(sizeLimit)(exchange);
      return new HttpAnswer(statusCode, headers, body, exchange.origin);
    });
  }

  override status(request: HttpRequest): Promise<number> {
    return this.#send(request, ({ status, answer }) =>
      Promise.race([status, answer.then(({ statusCode }) => statusCode)]),
    );
  }

  async #send<Result>(request: HttpRequest, read: (exchange: Exchange) => Promise<Result>): Promise<Result> {
    const { timeout = defaultTimeout, sizeLimit = defaultSizeLimit, signal } = request;
    const url = checkedUrl(request);
    const { got, agent } = await (this.#library ??= loadLibrary());
    const ending = new AbortController();
    let end: ((exchange: Exchange) => DeviceError) | undefined;
    const endWith = (error: (exchange: Exchange) => DeviceError): void => {
      end ??= error;
      ending.abort();
    };
    const onAbort = (): void => endWith(aborted);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const deadline = this.clock.schedule(
      timeout.milliseconds,
      () => endWith(timedOut(timeout)),
      `answer of ${url.origin}`,
    );
    const sent = got(url, { ...optionsOf(request), agent, signal: ending.signal });
    const exchange = follow(sent, url, sizeLimit, () => endWith(tooLarge(sizeLimit)));
    try {
      return await read(exchange);
    } catch (error) {
      throw error instanceof DeviceError ? error : (end ?? broken(error))(exchange);
    } finally {
      deadline.cancel();
      signal?.removeEventListener('abort', onAbort);
      sent.cancel();
    }
  }
}

/**
 * With the first request: it takes time and memory that an engine without one should not spend. The agents are our own: those of
 * Node may be told by the environment to take a proxy. A connection is used once: the server may end one that it kept while a
 * request is on its way, and nobody knows then whether it took effect.
 */
async function loadLibrary() {
  const [{ got }, { Agent: HttpsAgent }] = await Promise.all([import('got'), import('node:https')]);
  return { got, agent: { http: new HttpAgent({ keepAlive: false }), https: new HttpsAgent({ keepAlive: false }) } };
}

function optionsOf({ method = 'GET', headers, body, localAddress, family }: HttpRequest): OptionsInit & {
  readonly responseType: 'buffer';
  readonly resolveBodyOnly: false;
  readonly isStream: false;
} {
  return {
    method,
    headers: { 'user-agent': 'devicerc', ...headers },
    ...(body !== undefined && (isRaw(body) ? { body } : { json: body })),
    responseType: 'buffer',
    resolveBodyOnly: false,
    isStream: false,
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    allowGetBody: true,
    localAddress,
    dnsLookupIpVersion: family,
  };
}

/** @param surpassed called when the body of the answer is larger than the limit */
function follow(
  sent: CancelableRequest<Response<Buffer>>,
  { origin, protocol }: URL,
  sizeLimit: number,
  surpassed: () => void,
): Exchange {
  let tellStatus!: (status: number) => void;
  const status = new Promise<number>((resolve) => (tellStatus = resolve));
  const exchange: Exchange = { origin, answer: sent, status, isSent: false, knownStatus: undefined };
  void sent.on('request', (request: ClientRequest) => {
    request.once('socket', (socket: Socket) => {
      socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', () => (exchange.isSent = true));
      onStatus(socket, (status) => {
        exchange.knownStatus = status;
        tellStatus(status);
      });
    });
  });
  void sent.on('downloadProgress', ({ transferred }) => {
    if (transferred > sizeLimit) surpassed();
  });
  return exchange;
}

/** Ahead of the parser, which ends the connection when it refuses what it reads. */
function onStatus(socket: Socket, tell: (status: number) => void): void {
  const answer = new AnswerStatus();
  socket.prependListener('data', (chunk: Buffer) => {
    const status = answer.read(chunk);
    if (status !== undefined) tell(status);
  });
}

/** What the library would refuse in words that repeat it. */
function checkedUrl({ url: written, method, headers = {}, body }: HttpRequest): URL {
  const invalid = (what: string): DeviceError =>
    coreError('HTTP_REQUEST_INVALID', `A request cannot be sent: ${what}.`);
  if (!URL.canParse(String(written))) throw invalid('its URL is none');
  const url = new URL(written);
  if (!/^https?:$/.test(url.protocol))
    throw invalid(`its URL begins with ${url.protocol}, and not with http: or https:`);
  if (method === 'HEAD' && body !== undefined) throw invalid('HEAD has no body');
  for (const [name, value] of Object.entries(headers)) {
    if (!isHeaderName(name)) throw invalid('the name of a header is none');
    if (!isHeaderValue(value)) throw invalid(`its header ${name} is not one line of Latin-1 text`);
  }
  return url;
}

function isRaw(body: unknown): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array;
}

function aborted({ origin, isSent }: Exchange): DeviceError {
  return coreError('HTTP_ABORTED', `The request to ${origin} was aborted.`, { isUncertain: isSent });
}

function timedOut(timeout: Duration): (exchange: Exchange) => DeviceError {
  return ({ origin, isSent }) => {
    const what = isSent ? 'did not answer' : 'could not be reached';
    return coreError('HTTP_TIMEOUT', `${origin} ${what} within ${timeout}.`, { isUncertain: isSent });
  };
}

function tooLarge(limit: number): (exchange: Exchange) => DeviceError {
  return ({ origin, knownStatus }) =>
    coreError('HTTP_ANSWER_TOO_LARGE', `${origin} answered ${knownStatus} with more than ${limit} bytes.`, {
      isUncertain: true,
    });
}

/** Of the library's error only the code: its message and its cause hold the whole URL, and it the request with its headers. */
function broken(error: unknown): (exchange: Exchange) => DeviceError {
  const code = (error as { readonly code?: unknown }).code;
  const reason = typeof code === 'string' ? code : 'an unknown fault';
  return ({ origin, isSent: isUncertain, knownStatus }) =>
    knownStatus === undefined
      ? coreError('HTTP_UNREACHABLE', `${origin} could not be reached: ${reason}.`, { isUncertain })
      : coreError('HTTP_ANSWER_BROKEN', `${origin} answered ${knownStatus}, but no whole answer: ${reason}.`, {
          isUncertain,
        });
}
