import { validateHeaderName, validateHeaderValue, type ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { action, type Action, type ActionContext } from '../actions/action.js';
import { coreError } from '../diagnostics/core-errors.js';
import { dynamic, z } from '../schemas/schema.js';
import { AnswerStatus } from './answer-status.js';

/** A header that cannot be sent is refused at once: in the outbox, the messages behind it would wait for it for days. */
const headerName = z.string().refine((name) => isValid(() => validateHeaderName(name)), 'This is no name of a header.');
const headerValue = z
  .string()
  .refine((value) => isValid(() => validateHeaderValue('value', value)), 'A header holds one line of Latin-1 text.');

const input = z.object({
  url: z.url({ protocol: /^https?$/ }).describe('http or https; may hold a secret, so it is never logged'),
  method: z.enum(['POST', 'PUT', 'PATCH', 'GET', 'DELETE']).default('POST'),
  headers: z.record(headerName, headerValue).default({}),
  body: dynamic().optional().describe('A text is sent as it is, anything else as JSON'),
});

/** Statuses below 500 after which the same request may succeed: timeout, too early, too many requests. */
const passing = [408, 425, 429];
const requestTimeout = 30_000;

@action({
  name: 'notify.webhook',
  summary: 'Sends a request to a web server, through the outbox: at least once, repeated until the answer is 2xx.',
  effects: ['notify'],
  input,
  target: ({ url }) => new URL(url).origin,
})
export class WebhookAction implements Action<z.output<typeof input>, void> {
  async run(call: z.output<typeof input>, context: ActionContext): Promise<void> {
    const target = new URL(call.url).origin;
    const status = await this.#statusOf(call, context, target);
    if (status >= 200 && status < 300) return;
    const isRedirect = status >= 300 && status < 400;
    const isFinal = status >= 400 && status < 500 && !passing.includes(status);
    const consequence = isRedirect ? ': redirects are not followed' : '';
    throw coreError('WEBHOOK_REFUSED', `${target} answered ${status}${consequence}.`, { isFinal });
  }

  /** The status decides, whatever becomes of the answer behind it: a body, or the rest of a header, may never end. */
  async #statusOf(call: z.output<typeof input>, context: ActionContext, target: string): Promise<number> {
    const { got, RequestError } = await import('got');
    const request = got(call.url, {
      method: call.method,
      headers: { 'user-agent': 'devicerc', 'idempotency-key': context.idempotencyKey, ...call.headers },
      ...bodyOf(call.body),
      // A connection that was used before may end while a request is on its way: the message would arrive twice.
      agent: { http: false, https: false },
      // The outbox repeats it, over restarts too.
      retry: { limit: 0 },
      timeout: { request: requestTimeout },
      signal: context.signal,
      // The network that redirects may be one that wants a login first; its page is no receipt, and no place for a token.
      followRedirect: false,
      throwHttpErrors: false,
      allowGetBody: true,
    });
    const early = new Promise<number>((resolve) => void request.on('request', (sent) => onStatus(sent, resolve)));
    try {
      return await Promise.race([early, request.then(({ statusCode }) => statusCode)]);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      // Neither message nor cause of the library: both hold the whole URL.
      throw coreError('WEBHOOK_UNREACHABLE', `${target} could not be reached: ${error.code}.`);
    } finally {
      request.cancel();
    }
  }
}

/** Ahead of the parser, which ends the connection when it refuses what it reads. */
function onStatus(request: ClientRequest, tell: (status: number) => void): void {
  const answer = new AnswerStatus();
  request.once('socket', (socket: Socket) => {
    socket.prependListener('data', (chunk: Buffer) => {
      const status = answer.read(chunk);
      if (status !== undefined) tell(status);
    });
  });
}

function isValid(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

function bodyOf(body: unknown): { body?: string; json?: unknown } {
  if (body === undefined) return {};
  return typeof body === 'string' ? { body } : { json: body };
}
