import { action, type Action, type ActionContext } from '../actions/action.js';
import { coreError } from '../diagnostics/core-errors.js';
import { dynamic, z } from '../schemas/schema.js';

const input = z.object({
  url: z.url({ protocol: /^https?$/ }).describe('http or https; may hold a secret, so it is never logged'),
  method: z.enum(['POST', 'PUT', 'PATCH', 'GET', 'DELETE']).default('POST'),
  headers: z.record(z.string(), z.string()).default({}),
  body: dynamic().optional().describe('A text is sent as it is, anything else as JSON'),
});

const output = z.object({ status: z.number().describe('HTTP status of the answer, 200 to 299') });

/** An answer is only asked for its status; a longer one is cut off. */
const answerLimit = 1024 * 1024;
const requestTimeout = 30_000;

@action({
  name: 'notify.webhook',
  summary: 'Sends a request to a web server. An answer other than 2xx fails the step; `retry` repeats it.',
  effects: ['notify'],
  input,
  output,
})
export class WebhookAction implements Action<z.output<typeof input>, z.output<typeof output>> {
  async run(call: z.output<typeof input>, context: ActionContext): Promise<z.output<typeof output>> {
    const { got, RequestError } = await import('got');
    const target = new URL(call.url).origin;
    try {
      const request = got(call.url, {
        method: call.method,
        headers: { 'user-agent': 'devicerc', 'idempotency-key': context.idempotencyKey, ...call.headers },
        ...bodyOf(call.body),
        // The step repeats it, in device time and within its budget.
        retry: { limit: 0 },
        timeout: { request: requestTimeout },
        signal: context.signal,
        throwHttpErrors: false,
        allowGetBody: true,
      });
      void request.on('downloadProgress', ({ transferred }) => {
        if (transferred > answerLimit) request.cancel();
      });
      const { statusCode, ok } = await request;
      if (!ok) throw coreError('WEBHOOK_REFUSED', `${target} answered ${statusCode}.`);
      return { status: statusCode };
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      // Neither message nor cause of the library: both hold the whole URL.
      throw coreError('WEBHOOK_UNREACHABLE', `${target} could not be reached: ${error.code}.`);
    }
  }
}

function bodyOf(body: unknown): { body?: string; json?: unknown } {
  if (body === undefined) return {};
  return typeof body === 'string' ? { body } : { json: body };
}
