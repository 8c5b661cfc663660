/** How a secret may be written inside of a text. */
export const secretForms: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  json: (secret) => JSON.stringify(secret).slice(1, -1),
  percent: encodeURIComponent,
  base64: (secret) => Buffer.from(secret).toString('base64'),
};

/**
 * What is sure to stand in Base64 of any text around a secret, in the standard and the URL alphabet (RFC 4648): three
 * bytes become four characters, so the secret begins at one of three places, and characters that it shares with its
 * neighbours are left out.
 */
export function base64Cores(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((place) => {
    const encoded = Buffer.concat([Buffer.alloc(place), bytes]).toString('base64');
    const core = encoded.slice(Math.ceil((place * 4) / 3), Math.floor(((place + bytes.length) * 4) / 3));
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Finds each of the texts, the longest first where one begins with another; undefined without any. */
export function patternOf(texts: Iterable<string>): RegExp | undefined {
  const longestFirst = [...texts].sort((one, other) => other.length - one.length);
  return longestFirst.length > 0 ? new RegExp(longestFirst.map(escapePattern).join('|'), 'g') : undefined;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
