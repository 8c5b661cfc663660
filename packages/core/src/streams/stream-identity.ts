import { isDeepStrictEqual } from 'node:util';
import { z } from '../schemas/schema.js';
import { canonicalKey } from './canonical-key.js';
import type { StreamDescription } from './stream.js';

/** Characters of {@link StreamIdentity.text}. */
const longestText = 120;

/** A stream with its parameters, already checked and parsed by the stream's schema. */
export interface StreamReference {
  readonly stream: string;
  readonly parameters: unknown;
}

/** Which stream it is: what is opened by equal name and parameters is one source. */
export interface StreamIdentity extends StreamReference {
  /**
   * For a person and for a record, such as `systemd.unit(chronyd.service)`: with the parameters that are not the default,
   * cut at 120 characters, secrets masked. Long ones may look alike.
   */
  readonly text: string;
}

/**
 * @param description of the stream; without one no parameter is known to be the default
 * @param mask takes every secret out of a text
 */
export function identityOf(
  { stream, parameters }: StreamReference,
  description: StreamDescription | undefined,
  mask: (text: string) => string,
): StreamIdentity {
  const chosen = Object.entries(parameters ?? {}).filter(
    ([name, value]) => value !== undefined && !isDefault(description?.parameters, name, value),
  );
  const words = chosen.map(([name, value]) => (chosen.length === 1 ? inWords(value) : `${name}: ${inWords(value)}`));
  // Masked before it is cut, so that no half of a secret stays.
  const text = mask(words.length === 0 ? stream : `${stream}(${words.join(', ')})`);
  return { stream, parameters, text: text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text };
}

function isDefault(schema: z.ZodType | undefined, name: string, value: unknown): boolean {
  const field = schema instanceof z.ZodObject ? (schema.shape[name] as z.ZodType | undefined) : undefined;
  const parsed = field?.safeParse(undefined);
  return parsed?.success === true && isDeepStrictEqual(parsed.data, value);
}

/** Texts as they are, what is made of parts as JSON, durations and the like by their own text. */
function inWords(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const isOfParts = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return isOfParts ? canonicalKey(value) : String(value);
}
