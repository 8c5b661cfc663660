import { action, type Action, type ActionContext } from '../actions/action.js';
import { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import { DeviceError } from '../diagnostics/device-error.js';
import { isHeaderName, isHeaderValue } from '../network/http-headers.js';
import { HttpClient } from '../network/http-client.js';
import { dynamic, z } from '../schemas/schema.js';

/** A header that cannot be sent is refused at once: in the outbox, the messages behind it would wait for it for days. */
const headerName = z.string().refine(isHeaderName, 'This is no name of a header.');
const headerValue = z.string().refine(isHeaderValue, 'A header holds one line of Latin-1 text.');

const input = z.object({
  url: z.url({ protocol: /^https?$/ }).describe('http or https; may hold a secret, so it is never logged'),
  method: z.enum(['POST', 'PUT', 'PATCH', 'GET', 'DELETE']).default('POST'),
  headers: z.record(headerName, headerValue).default({}),
  body: dynamic().optional().describe('A text is sent as it is, anything else as JSON'),
});

/** Statuses below 500 after which the same request may succeed: timeout, too early, too many requests. */
const passing = [408, 425, 429];
const requestTimeout = Duration.parse('30s');

@action({
  name: 'notify.webhook',
  summary: 'Sends a request to a web server, through the outbox: at least once, repeated until the answer is 2xx.',
  effects: ['notify'],
  input,
  target: ({ url }) => new URL(url).origin,
})
export class WebhookAction implements Action<z.output<typeof input>, void> {
  constructor(private readonly http: HttpClient) {}

  async run(call: z.output<typeof input>, context: ActionContext): Promise<void> {
    const target = new URL(call.url).origin;
    const status = await this.#statusOf(call, context);
    if (status >= 200 && status < 300) return;
    const isRedirect = status >= 300 && status < 400;
    const isFinal = status >= 400 && status < 500 && !passing.includes(status);
    const consequence = isRedirect ? ': redirects are not followed' : '';
    throw coreError('WEBHOOK_REFUSED', `${target} answered ${status}${consequence}.`, { isFinal });
  }

  async #statusOf(
    { url, method, headers, body }: z.output<typeof input>,
    { signal, idempotencyKey }: ActionContext,
  ): Promise<number> {
    try {
      // The status decides: a network that wants a login first redirects, and its page is no receipt.
      return await this.http.status({
        url,
        method,
        headers: { 'idempotency-key': idempotencyKey, ...headers },
        body,
        timeout: requestTimeout,
        signal,
      });
    } catch (error) {
      if (error instanceof DeviceError) throw coreError('WEBHOOK_UNREACHABLE', error.message);
      throw error;
    }
  }
}
