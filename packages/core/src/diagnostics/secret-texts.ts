/** How a secret may be written inside of a text. */
export const secretForms: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  json: (secret) => JSON.stringify(secret).slice(1, -1),
  percent: encodeURIComponent,
  base64: (secret) => Buffer.from(secret).toString('base64'),
};

/** Finds each of the texts, the longest first where one begins with another; undefined without any. */
export function patternOf(texts: Iterable<string>): RegExp | undefined {
  const longestFirst = [...texts].sort((one, other) => other.length - one.length);
  return longestFirst.length > 0 ? new RegExp(longestFirst.map(escapePattern).join('|'), 'g') : undefined;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
