import type { IncomingHttpHeaders } from 'node:http';
import type { Duration } from '../clock/duration.js';
import { coreError } from '../diagnostics/core-errors.js';
import type { z } from '../schemas/schema.js';

export interface HttpRequest {
  /** http or https. It may hold a secret: of all of it, errors tell the origin only. */
  readonly url: string | URL;
  /** Default GET. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** One `user-agent: devicerc` is sent unless there is another. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is, bytes too, anything else as JSON. Default: none. */
  readonly body?: unknown;
  /** For all of it, from the name's resolution to the last byte of the answer. Default 30 s. */
  readonly timeout?: Duration;
  /** Ends it at once. */
  readonly signal?: AbortSignal;
  /** Bytes of an answer's body, unpacked, beyond which it is refused. Default 1 MiB. */
  readonly sizeLimit?: number;
  /** Address of an interface of this machine from which to go out. Default: as the routes say. */
  readonly localAddress?: string;
  /** The version of IP to use. Default: both. */
  readonly family?: 4 | 6;
}

/** What a server answered, whatever its status. */
export class HttpAnswer {
  readonly #origin: string;

  constructor(
    readonly status: number,
    /** Names in lower case. */
    readonly headers: IncomingHttpHeaders,
    readonly bytes: Uint8Array,
    origin: string,
  ) {
    this.#origin = origin;
  }

  /** Whether the status is 2xx. */
  get isSuccess(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The body as UTF-8. */
  get text(): string {
    return Buffer.from(this.bytes).toString('utf8');
  }

  /**
   * The body as JSON that fits a schema, whatever its content type says.
   * @throws DeviceError `HTTP_ANSWER_INVALID`; nothing of the answer stands in it but names of fields
   */
  json<Value>(schema: z.ZodType<Value>): Value {
    const invalid = (how: string) =>
      coreError('HTTP_ANSWER_INVALID', `${this.#origin} answered ${this.status} with ${how}.`);
    let value: unknown;
    try {
      value = JSON.parse(this.text);
    } catch {
      throw invalid('what is no JSON');
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const [{ path, code }] = parsed.error.issues as [z.core.$ZodIssue];
    throw invalid(`JSON of another form than expected: ${path.length > 0 ? path.join('.') : 'the whole'}: ${code}`);
  }
}

/**
 * HTTP for plugins, by constructor injection. One request is one attempt on a connection of its own: redirects are not
 * followed, nothing is repeated, no proxy of the environment gets to see it.
 *
 * Errors hold nothing of what was sent or answered, only the origin of the URL. Their `isUncertain` tells whether the request
 * may have taken effect: it is false as long as the server was not reached.
 */
export abstract class HttpClient {
  /**
   * Sends a request and reads its answer to the end. A status that is not 2xx is an answer, too.
   * @throws DeviceError `HTTP_REQUEST_INVALID`, `HTTP_UNREACHABLE`, `HTTP_TIMEOUT`, `HTTP_ABORTED`, `HTTP_ANSWER_BROKEN`,
   *   `HTTP_ANSWER_TOO_LARGE`
   */
  abstract request(request: HttpRequest): Promise<HttpAnswer>;

  /**
   * Sends a request and gives back the status of its answer as soon as it is here: nothing of the answer behind it is waited
   * for, nor can it spoil the status, be it endless, broken or too large.
   * @throws DeviceError as `request`, but for the last two
   */
  abstract status(request: HttpRequest): Promise<number>;
}
